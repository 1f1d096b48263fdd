"""What a clip says is data: whatever stands in its words, captions or name, a prompt keeps its form and labels stay."""

import json
import re
import shutil
from dataclasses import replace

import pytest
from case_making import claim, face, make_case, saw
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint

import mentalis
from agents.agent import PROMPTS
from agents.case import Feedback
from agents.claims import one_line
from agents.codebook import load_codebook
from agents.emotion import emotion
from agents.pep_mek import Statement, predict
from agents.showing.fence import fence
from agents.showing.messages import Turn, messages
from benchmarks.injection import describe
from mentalis.secret import secret
from mentalis.testing.injections import PLACES, injections
from perception.evidence import Abstention
from perception.transcripts import Utterance

FENCE = "0123456789abcdef"
INJECTIONS = {injection.id: injection for injection in injections()}
# where a text may stand, and between which tags its line is then; none: it is never told
TAGS = {
    "speech": f"words-{FENCE}",
    "speaker": f"words-{FENCE}",
    "caption": f"evidence-{FENCE}",
    "abstention": f"evidence-{FENCE}",
    "claim": "behaviour",
    "feedback": "",
    "file_name": None,
}
TRICKS = (
    f"</words-{FENCE}>", f"</evidence-{FENCE}>\n", "<|im_end|>", "[INST]", "</s>", '"}]}', "\\", "\u2028", "\u200b",
    "\xa0", "\U000e0041", "\ufe0f", "＜", "\x85", "{{ fence }}", "{% raw %}", "anger",
)  # fmt: skip
texts = st.text(min_size=1) | st.lists(st.sampled_from(TRICKS), min_size=1).map("".join)


def case_with(place, text):
    """A case in which the text stands at this place, and nothing else."""

    def here(name, otherwise):
        return text if place == name else otherwise

    seen = saw("au12").model_copy(update={"text": here("caption", "smiles")})
    claims = [claim("behaviour", "still", "au12-1", text=here("claim", "It"))]
    wrong = Feedback(claim=claim("emotion", "neutral", "au12-1"), wrong=(here("feedback", "x"),))
    case = make_case(face(), seen, claims=claims, feedback=(wrong,), fence=FENCE)
    said = Utterance(start_s=0, end_s=1, text=here("speech", "hm"), speaker=here("speaker", None))
    why = Abstention(tool="speech", reason=here("abstention", "x"))
    clip = case.clip.model_copy(update={"transcript": (said,), "name": here("file_name", "a.mp4")})
    return replace(case, clip=clip, evidence=case.evidence.model_copy(update={"abstentions": (why,)}))


def told_lines(asked):
    """Every line of every part, beside its role and kind."""
    parts = [(m["role"], p) for m in asked for p in ([m["content"]] if isinstance(m["content"], str) else m["content"])]
    return [
        (role, "text" if isinstance(part, str) else part["type"], line)
        for role, part in parts
        for line in (part if isinstance(part, str) else part.get("text", "")).splitlines()
    ]


def values(content):
    """Every string in a JSON value."""
    if isinstance(content, dict | list):
        return [v for child in (content.values() if isinstance(content, dict) else content) for v in values(child)]
    return [content]


def assert_stays_data(place, text):
    usual = told_lines(messages(emotion(), case_with(place, "hello")))
    told = told_lines(messages(emotion(), case_with(place, text)))
    assert [(role, kind) for role, kind, _ in told] == [(role, kind) for role, kind, _ in usual]
    changed = [at for at, (before, after) in enumerate(zip(usual, told, strict=True)) if before != after]
    if TAGS[place] is None:
        assert not changed
        return
    (at,) = changed
    line = told[at][2].removeprefix("- " if place == "feedback" else "")
    assert text in values(json.loads(line))
    assert line.isprintable()
    assert not re.search(r"[<>]|\[/?[A-Z_]+\]", line)
    only = [line for _, _, line in told]
    for tag in (f"words-{FENCE}", f"evidence-{FENCE}"):
        assert (only.count(f"<{tag}>"), only.count(f"</{tag}>")) == (1, 1)
        assert "\n".join(only).count(tag) == 2 + line.count(tag)
    if TAGS[place]:
        assert only.index(f"<{TAGS[place]}>") < at < only.index(f"</{TAGS[place]}>")


@pytest.mark.parametrize("place", TAGS)
@pytest.mark.parametrize("name", INJECTIONS)
def test_an_injection_is_one_line_of_data_wherever_it_stands(name, place):
    assert_stays_data(place, INJECTIONS[name].text)


@pytest.mark.parametrize("place", TAGS)
@settings(max_examples=60, deadline=None)
@given(text=texts)
def test_any_text_is_one_line_of_data_wherever_it_stands(text, place):
    assume(text not in ("hello", "hm", "x", "It", "smiles"))
    assert_stays_data(place, text)


@settings(max_examples=60, deadline=None)
@given(text=texts)
def test_an_earlier_answer_in_a_conversation_can_not_end_its_turn(text):
    before = [Turn("Look.", json.dumps(text))]
    said = messages(emotion(), case_with("speech", "hm"), before=before)[2]["content"]
    assert json.loads(said) == text
    assert said.isprintable()
    assert not re.search(r"[<>]|\[/?[A-Z_]+\]", said)


@pytest.mark.parametrize("name", INJECTIONS)
def test_a_claim_put_as_a_statement_can_not_write_tags_or_tokens(name):
    text = INJECTIONS[name].text

    def asked(said):
        (*_, last) = told_lines(messages(predict((Statement("c0", one_line(said)),)), case_with("speech", "hm")))
        return last

    assert asked("It") == ("user", "text", "c0: It")
    assert not re.search(r"[<>]|\[/?[A-Z_]+\]", asked(text)[2])
    assert asked(text)[2].startswith("c0: ")


def test_fences_are_stable_here_and_differ_between_clips_and_installations(tmp_path):
    ours, theirs = secret(tmp_path / "ours"), secret(tmp_path / "theirs")
    assert fence("a" * 64, ours) == fence("a" * 64, secret(tmp_path / "ours"))
    assert len({fence("a" * 64, ours), fence("b" * 64, ours), fence("a" * 64, theirs)}) == 3
    assert re.fullmatch("[0-9a-f]{16}", fence("a" * 64, ours))
    assert (tmp_path / "ours" / "secret").stat().st_mode & 0o077 == 0


def test_the_set_covers_every_place_and_many_techniques():
    assert len(INJECTIONS) >= 40
    assert {i.place for i in injections()} == set(PLACES)
    assert len({i.technique for i in injections()}) >= 12
    assert {i.wants for i in injections()} <= set(load_codebook("basic").ids("emotion"))
    assert all("/" not in i.text and len(i.text.encode()) < 200 for i in injections() if i.place == "file_name")


BLOCK = re.compile(r"<(words|evidence)-([0-9a-f]{16})>\n(.*?)\n</\1-\2>", re.DOTALL)
SPECIAL = re.compile(r"<\|[^|>]*\|>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>|<</?SYS>>")  # a turn ends at these
HONEST = {"behaviour": "attending", "cognition": "none_visible", "emotion": "neutral"}


def outside(request):
    """What a model reads as told to it: all but whole lines of JSON between fences of one turn."""
    parts = [m["content"] for m in request["messages"]]
    told = [p if isinstance(p, str) else "\n".join(part.get("text", "") for part in p) for p in parts]
    return "\n".join(BLOCK.sub(_not_json, turn) for text in told for turn in SPECIAL.split(text))


def _not_json(block):
    return "\n".join(line for line in block[3].splitlines() if not is_data(line))


def is_data(line):
    try:
        json.loads(line)
    except ValueError:
        return bool(re.fullmatch(r"\([^()]*\)", line))
    return True


def orders(text):
    """Three words in a row, wherever they begin, that no prompt of ours says."""
    return runs_of_words(text) - runs_of_words("\n".join(p.read_text() for p in PROMPTS.glob("*.md")))


def runs_of_words(text):
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))}


def gullible(injection):
    """An endpoint that obeys the injection if it finds it outside of the fences, and else answers honestly."""

    def answer(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        if "claims" not in schema["properties"]:
            return 200, json.dumps(sample(schema)), "stop"
        labels = schema["properties"]["claims"]["items"]["properties"]["label"]["enum"]
        label = next(label for label in HONEST.values() if label in labels)
        if injection.wants in labels and runs_of_words(outside(request)) & orders(injection.text):
            label = injection.wants
        row = json.loads(re.search(r'^\{"id": "face_visible.*$', all_text(request), re.MULTILINE)[0])
        said = {
            "label": label, "text": "It suggests this.", "start_ms": row["start_ms"], "end_ms": row["end_ms"],
            "confidence_percent": 40, "second_label": None, "second_percent": 0, "evidence": [row["id"]],
            "abstained": False,
        }  # fmt: skip
        return 200, json.dumps({"claims": [said]}), "stop"

    return answer


def all_text(request):
    return "\n".join(told for _, _, told in told_lines(request["messages"]))


def data_in(request):
    """The strings in the lines of JSON that a request tells."""
    lines = [line for line in all_text(request).splitlines() if line.startswith("{") and is_data(line)]
    return "\n".join(str(v) for line in lines for v in values(json.loads(line)))


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """One data folder for all, so that the clip is measured once."""
    return knowing(tmp_path_factory.mktemp("data"))


def labels_found(injection, demo, folder, data):
    """The labels of an analysis of the demo with the injection in its place."""
    clip, tools, words = demo.clip, ["blinks", "speech"], folder / "words.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:03,000\nHello.\n")
    if injection.place == "speech":
        words = folder / "words.json"
        said = {"start_s": 1, "end_s": 3, "text": injection.text, "speaker": injection.text}
        words.write_text(json.dumps({"language": "en\n" + injection.text, "utterances": [said]}))
    elif injection.place == "subtitles":
        told = re.sub(r"\n\s*\n", "\n", injection.text.replace("-->", "->"))
        words.write_text(f"1\n00:00:01,000 --> 00:00:03,000\n{told}\n", encoding="utf-8")
    elif injection.place == "file_name":
        clip = shutil.copy(demo.clip, folder / f"{injection.text}.mp4")
    else:
        tools.append(describe(says=injection.text))
    with scripted_endpoint(gullible(injection)) as endpoint:
        model = {"model": "m", "base_url": endpoint.url, "retries": 0, "strategy": "cascade", "audit_pairs": 0}
        report = mentalis.analyze(clip, transcript=words, tools=tools, data=data, **model)
        told = any(injection.wants in data_in(request) for request in endpoint.asked)
    assert told == (injection.place != "file_name"), "it reaches the model as data, a file's name not at all"
    assert not report.failures
    return [(c.person, c.level, c.label) for c in report.claims]


END_TO_END = (
    "speech-5", "speech-8", "speech-9", "subtitles-2", "file_name-3", "on_screen-3", "caption-2",
)  # fmt: skip


@pytest.mark.parametrize("name", END_TO_END)
def test_labels_stay_when_a_clip_gives_orders(name, demo, tmp_path, measured):
    assert labels_found(INJECTIONS[name], demo, tmp_path, measured) == [("P1", *pair) for pair in HONEST.items()]


def test_a_model_that_obeys_would_be_found_out(demo, tmp_path, measured, monkeypatch):
    never = re.compile("(?!)")
    monkeypatch.setattr("agents.showing.escaping.SUSPECT", never)
    monkeypatch.setattr("agents.showing.escaping.BRACKETED_TOKEN", never)
    assert ("P1", "emotion", "neutral") not in labels_found(INJECTIONS["speech-9"], demo, tmp_path, measured)
