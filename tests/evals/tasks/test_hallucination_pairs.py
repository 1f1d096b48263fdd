"""Pairs are made by rule and seed from labelled text, and are not called EmotionHallucer."""

import json
from collections import Counter

import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from evals.balancing import balanced, blind_overall
from evals.errors import DatasetError
from evals.tasks.hallucination_pairs import CLOSE, EMOTIONS, HALLUCINATION_PAIRS, may_replace, read, rows

SCENARIO = {
    "qid": "1", "language": "en", "coarse_category": "complex", "scenario": "Ann won.", "subject": "Ann",
    "emotion_choices": ["Delight", "Anger"], "emotion_label": "Delight",
    "cause_choices": ["She won", "She lost"], "cause_label": "She won",
}  # fmt: skip
MELD = "Utterance,Speaker,Emotion,Dialogue_ID,Utterance_ID,StartTime,EndTime\n"


@pytest.fixture
def folder(tmp_path):
    lost = {**SCENARIO, "qid": "2", "emotion_label": "Anger", "cause_label": "She lost"}
    alone = {**SCENARIO, "qid": "3", "emotion_choices": ["Delight", "Fear"], "emotion_label": "Fear"}
    (tmp_path / "EU.jsonl").write_text("\n".join(map(json.dumps, (SCENARIO, lost, alone))), encoding="utf-8")
    lines = [f"words {n},Joey,{emotion},0,{n},,\n" for n, emotion in enumerate(["neutral", "joy", "anger", "surprise"])]
    (tmp_path / "test_sent_emo.csv").write_text(MELD + "".join(lines), encoding="utf-8")
    turns = [
        {"turn": n, "speaker": "AB"[n % 2], "utterance": f"turn {n}", "emotion": "neutral"} for n in (1, 2)
    ]  # fmt: skip
    turns.append(
        {**turns[0], "turn": 3, "utterance": "turn 3", "emotion": "fear", "expanded emotion cause evidence": [1]}
    )
    (tmp_path / "dailydialog_test.json").write_text(json.dumps({"d": [turns]}), encoding="utf-8")
    return tmp_path


def test_each_source_gives_a_true_and_a_falsified_statement_on_the_same_text(folder):
    made = {row["pair"]: row for row in rows(folder)}
    assert list(made) == [
        "emobench-en-1-emotion", "emobench-en-1-cause", "emobench-en-2-emotion", "emobench-en-2-cause",
        "emobench-en-3-cause", "meld-dialogue-0-2", "meld-dialogue-0-3", "meld-dialogue-0-4",
        "reccon-dailydialog-d-3",
    ]  # fmt: skip
    said = {id_: (row["basic"]["question"], row["hallucination"]["question"]) for id_, row in made.items()}
    assert [s.split(": ")[-1] for s in said["emobench-en-1-cause"]] == ["She won", "She lost"]
    labels = {id_: tuple(s.split()[-1] for s in both) for id_, both in said.items() if id_.startswith("meld")}
    assert [true for true, _ in labels.values()] == ["happiness.", "anger.", "surprise."]
    assert said["meld-dialogue-0-3"][0] == "In the last utterance Joey expresses anger."
    assert "“turn 1”" in said["reccon-dailydialog-d-3"][0]
    assert "“turn 1”" not in said["reccon-dailydialog-d-3"][1]
    assert all(row["basic"]["text"] == row["hallucination"]["text"] for row in made.values())
    assert [u["text"] for u in made["meld-dialogue-0-3"]["basic"]["text"]][-1] == "words 2", "the utterance is the last"


def test_the_draw_of_a_pair_does_not_hang_on_the_others(folder):
    before = {row["pair"]: row for row in rows(folder)}
    (folder / "EU.jsonl").unlink()
    after = {row["pair"]: row for row in rows(folder)}
    assert after == {id_: row for id_, row in before.items() if row["source"] != "EmoBench"}


def test_the_language_of_a_source_goes_with_its_pairs(folder):
    (folder / "EU.jsonl").write_text(json.dumps({**SCENARIO, "language": "zh"}), encoding="utf-8")
    told = {(item.strata["source"], item.language, item.strata.get("language")) for item in read(folder)}
    assert told == {("EmoBench", "zh", "zh"), ("MELD", None, None), ("RECCON", None, None)}


def test_every_label_is_as_often_false_as_true(folder):
    shown = ["joy"] * 30 + ["anger"] * 25 + ["surprise"] * 20 + ["sadness"] * 15 + ["disgust"] * 5 + ["fear"] * 5
    lines = [f"words {n},Joey,{emotion},0,{n},,\n" for n, emotion in enumerate(shown)]
    (folder / "test_sent_emo.csv").write_text(MELD + "".join(lines), encoding="utf-8")
    for source, count in (("MELD", 100), ("EmoBench", 2)):
        made = [row for row in rows(folder) if row["source"] == source and row["category"] == "category"]
        sides = [tuple(row[side]["question"].split()[-1].strip(".") for side in ("basic", "hallucination"))
                 for row in made]  # fmt: skip
        true, false = (Counter(side) for side in zip(*sides, strict=True))
        assert true == false
        assert len(sides) == count
    meld = [row for row in rows(folder) if row["source"] == "MELD"]
    sides = [
        (row["basic"]["question"][:-1].split()[-1], row["hallucination"]["question"][:-1].split()[-1]) for row in meld
    ]
    assert all(wrong in may_replace(right) for right, wrong in sides)
    assert blind_overall(sides) < 0.4, "a label alone tells little; any label of MELD is at its best with some set"


def test_who_can_take_no_label_without_upsetting_the_balance_is_left_out():
    assert balanced(["a", "b", "c"], [{"b"}, {"a"}, {"a", "b"}], 0) == ["b", "a", None]
    assert balanced(["a", "a"], [{"a", "b"}, {"b"}], 0) == [None, None]


def test_a_blind_rule_takes_the_labels_that_are_true():
    assert blind_overall([("a", "b"), ("a", "c"), ("a", "b")]) == 1
    assert blind_overall([("a", "b"), ("b", "a")]) == 0.5


def test_nobody_takes_a_falsified_emotion_for_the_true_one():
    assert all(may_replace(label) and label not in may_replace(label) for label in EMOTIONS)
    assert all(not close & may_replace(label) for close in CLOSE for label in close)


def test_pairs_of_a_dialogue_are_drawn_together_and_their_source_is_a_stratum(folder):
    items = read(folder)
    meld = [item for item in items if item.strata["source"] == "MELD"]
    assert len(meld) == 3
    assert len({item.group for item in meld}) == 1
    assert {item.gold for item in items} == {(True, False)}
    assert "not EmotionHallucer" in HALLUCINATION_PAIRS.about


def test_a_folder_without_any_source_is_told_which_there_are(tmp_path):
    with pytest.raises(DatasetError, match=r"there is none of EU.jsonl, test_sent_emo.csv, dailydialog_test.json"):
        read(tmp_path)
