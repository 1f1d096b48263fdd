"""Pairs of several shapes are read, put one question at a time, and scored as pairs."""

import json
import re
from collections import Counter

import numpy as np
import pytest
from scipy.io import wavfile
from scripted_endpoint import scripted_endpoint
from skimage.io import imsave

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from task_running import run

from evals.errors import DatasetError
from evals.pairs import METRICS
from evals.tasks.emotion_hallucer import emotion_hallucer, read

REVIEW = "The food was cold and the waiter laughed at us."


def pair(text, true, wrong, **more):
    return {
        "basic": {"text": text, "question": true, "answer": "yes"},
        "hallucination": {"text": text, "question": wrong, "answer": "no"},
        **more,
    }


PAIRS = [
    pair(REVIEW, "Is the guest angry?", "Is the guest amused?", type="category"),
    pair(REVIEW, "Is the anger strong?", "Is the anger faint?", type="intensity"),
]


def write(folder, name, content):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return folder


def answered(says):
    """An endpoint that answers by what is asked last; whatever else it is asked, it knows nothing of."""

    def answer(request):
        content = request["messages"][-1]["content"]
        text = content if isinstance(content, str) else content[-1]["text"]
        return 200, says(text), "stop"

    return scripted_endpoint(answer, served={"m": 32_000})


def test_a_pair_counts_when_both_answers_are_right(tmp_path):
    def says(text):
        put = re.findall(r"right answer to “.* (\w+)[?]” is yes", text)
        return json.dumps({"s1": "YES" if put and put[-1] in ("angry", "strong", "faint") else "NO"})

    write(tmp_path, "perception/perception.json", json.dumps(PAIRS))
    with answered(says) as endpoint:
        metrics, samples = run(emotion_hallucer, tmp_path, model="m", base_url=endpoint.url, strategy="base")
    assert (metrics["basic"], metrics["hallucinated"], metrics["overall"]) == (1, 0.5, 0.5)
    assert (metrics["d_y"], metrics["r_fp"], metrics["unparsed"]) == (0.25, 1, 0)
    together = [asked for asked in endpoint.asked if "strong" in str(asked) and "faint" in str(asked)]
    assert not together, "each question is put by itself"
    assert [s.scores["emotion_hallucer"].metadata["strata"]["category"] for s in samples] == ["category", "intensity"]


def test_an_answer_that_never_is_valid_is_unparsed_and_wrong(tmp_path):
    write(tmp_path, "pairs.json", json.dumps(PAIRS[:1]))
    with answered(lambda text: "well, perhaps") as endpoint:
        metrics, _ = run(emotion_hallucer, tmp_path, model="m", base_url=endpoint.url)
    assert (metrics["overall"], metrics["unparsed"], metrics["coverage"]) == (0, 1, 0)


def test_every_strategy_of_pep_mek_is_offered():
    from evals.tasks.emotion_hallucer import EMOTION_HALLUCER

    assert set(EMOTION_HALLUCER.strategies) == {"base", "mek", "pep", "pep-mek", "base+tools", "pep-mek+tools"}
    assert next(iter(METRICS)) == "overall"


def test_flat_tables_with_other_names_give_the_same_pairs(tmp_path):
    rows = [
        {"Pair ID": "7", "Query": "Is he sad?", "GT": "No", "Review": REVIEW, "Aspect": "category"},
        {"Pair ID": "7", "Query": "Is he angry?", "GT": "Yes", "Review": REVIEW, "Aspect": "category"},
    ]
    write(tmp_path, "flat.jsonl", "\n".join(map(json.dumps, rows)))
    write(tmp_path, "table.csv", f"pair,question,answer,text\n7,Is he angry?,yes,{REVIEW}\n7,Is he sad?,no,{REVIEW}\n")
    asked = {item.id: item.given["questions"] for item in read(tmp_path)}
    assert asked == {"flat-7": ["Is he angry?", "Is he sad?"], "table-7": ["Is he angry?", "Is he sad?"]}


def test_media_are_found_beside_the_file_and_knowledge_needs_none(tmp_path):
    (tmp_path / "short" / "videos").mkdir(parents=True)
    (tmp_path / "short" / "videos" / "a.mp4").write_bytes(b"")
    sides = pair(None, "Is he sad?", "Is he glad?")
    for side in ("basic", "hallucination"):
        sides[side]["video"] = "a.mp4"
    write(tmp_path, "short/short.json", json.dumps([sides]))
    write(tmp_path, "theory.json", json.dumps([pair(None, "Is fear basic?", "Is fear learned only?")]))
    known, seen = sorted(read(tmp_path), key=lambda item: item.strata["modality"])
    assert (known.strata, known.clip) == ({"category": "theory", "modality": "knowledge"}, None)
    assert (seen.strata["modality"], seen.clip.name) == ("video", "a.mp4")


def test_a_photograph_and_a_sound_are_put_to_the_model_as_they_are(tmp_path):
    sides = pair(None, "Is she glad?", "Is she sad?")
    seen, heard = ({side: {**told, kind: name} for side, told in sides.items()} for kind, name in
                   (("image", "face.png"), ("audio", "voice.wav")))  # fmt: skip
    imsave(tmp_path / "face.png", np.full((48, 64, 3), 99, dtype=np.uint8), check_contrast=False)
    wavfile.write(tmp_path / "voice.wav", 16_000, (np.sin(np.arange(16_000) / 7) * 9_000).astype(np.int16))
    write(tmp_path, "pairs.json", json.dumps([seen, heard]))
    with answered(lambda text: json.dumps({"s1": "YES"})) as endpoint:
        metrics, _ = run(emotion_hallucer, tmp_path, model="m", base_url=endpoint.url)
    assert (metrics["basic"], metrics["hallucinated"]) == (1, 0)
    asked = [request["messages"] for request in endpoint.asked if "“Is she" in str(request)]
    kinds = Counter(frozenset(part["type"] for part in messages[1]["content"]) - {"text"} for messages in asked)
    assert kinds == {frozenset({"video_url"}): 2, frozenset({"video_url", "input_audio"}): 2}


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", '[{"basic": {"question": "q?"}}]', r"a.json, pair 1: no object hallucination"),
        ("a.json", json.dumps([pair(REVIEW, None, "q?")]), r"a.json, pair 1, basic: no column question or query"),
        (
            "a.json",
            json.dumps([{"basic": PAIRS[0]["hallucination"], "hallucination": PAIRS[0]["basic"]}]),
            "basic, column answer: 'no' where yes is due",
        ),
        (
            "a.csv",
            "question,answer\nq?,yes\n",
            r"a.csv, row 2: no column pair or pair_id .* \(there is question, answer\)",
        ),
        ("a.csv", "pair,question,answer\n1,q?,yes\n1,r?,yes\n", "pair: 1 has two basic questions"),
        ("a.csv", "pair,question\n1,q?\n", "neither column kind .* nor column answer"),
        (
            "a.csv",
            "pair,question,answer,video\n1,q?,yes,x.mp4\n1,r?,no,x.mp4\n",
            "column video: x.mp4 is not there; put it",
        ),
        (
            "a.csv",
            "pair,question,answer,video\n1,q?,yes,a.csv\n1,r?,no,b.csv\n",
            "column video: b.csv is not there",
        ),
        (
            "a.csv",
            "pair,question,answer,text\n1,q?,yes,He laughs.\n1,r?,no,He weeps.\n",
            "its two questions are about different things",
        ),
        (
            "a.json",
            json.dumps([pair([{"speaker": "A"}], "p?", "q?")]),
            r"pair 1, column text, turn 1: is no text",
        ),
        ("a.json", json.dumps([pair([1], "p?", "q?")]), r"column text, turn 1: is no text"),
        ("a.json", json.dumps([pair(5, "p?", "q?")]), r"pair 1, column text: is no text; give a string, or a list"),
        ("a.csv", "pair,question,answer\n1,q?,yes\n1,q?,no\n", "pair 1: both of its questions are the same"),
        ("readme.md", "nothing", "there is no JSON, JSONL or CSV file with pairs"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path, name, content, says):
    with pytest.raises(DatasetError, match=says):
        read(write(tmp_path, name, content))
