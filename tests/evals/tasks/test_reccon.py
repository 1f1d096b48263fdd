"""RECCON is read as its authors lay it out, and turns are chosen, though there be more of them than letters."""

import json

import pytest
from scripted_endpoint import scripted_endpoint

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from task_running import run

from evals.errors import DatasetError
from evals.tasks.reccon import read, reccon

EVIDENCE = "expanded emotion cause evidence"


def turn(number, emotion="neutral", **more):
    return {"turn": number, "speaker": "AB"[number % 2], "utterance": f"words {number}", "emotion": emotion, **more}


def write(folder, turns):
    (folder / "dailydialog_test.json").write_text(json.dumps({"tr_1": [turns]}), encoding="utf-8")
    return folder


def test_each_utterance_with_causes_is_asked_with_what_was_said_until_then(tmp_path):
    caused = {EVIDENCE: [1, "b"], "expanded emotion cause span": ["words 1", "b"]}
    items = read(
        write(tmp_path, [turn(1), turn(2, "happines", **caused), turn(3, "anger", **{EVIDENCE: [2, 3]}), turn(4)])
    )
    assert [item.gold[0] for item in items] == [{"turns": [1], "of": 2}, {"turns": [2, 3], "of": 3}]
    assert [len(item.words) for item in items] == [2, 3], "nothing that comes later is shown"
    assert [item.strata["emotion"] for item in items] == ["happiness", "anger"], "the slip is mended"
    assert {item.group for item in items} == {"dailydialog-tr_1"}


def test_turns_beyond_the_alphabet_can_be_chosen(tmp_path):
    turns = [*(turn(n) for n in range(1, 30)), turn(30, "fear", **{EVIDENCE: [1, 30]})]
    chosen = {
        "turns_1": {"reason": "It starts so.", "answers": ["A", "C"]},
        "turns_2": {"reason": "Its own.", "answers": ["D"]},
    }
    with scripted_endpoint(lambda request: (200, json.dumps(chosen), "stop"), served={"m": 32_000}) as endpoint:
        metrics, _ = run(reccon, write(tmp_path, turns), model="m", base_url=endpoint.url)
    assert metrics["precision"] == pytest.approx(2 / 3), "turns 1, 3 and 30 are chosen"
    assert metrics["recall"] == 1
    assert metrics["macro_f1"] == pytest.approx((0.8 + 2 * 27 / 28 / (1 + 27 / 28)) / 2)


def test_without_a_model_nothing_is_chosen_and_that_is_no_answer(tmp_path):
    metrics, _ = run(reccon, write(tmp_path, [turn(1), turn(2, "anger", **{EVIDENCE: [1]})]))
    assert (metrics["f1"], metrics["coverage"], metrics["n"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("turns", "says"),
    [
        (
            [{"turn": 1, "utterance": "hi", "emotion": "neutral"}],
            r"dailydialog_test.json, dialogue tr_1, turn 1: no column speaker",
        ),
        ([turn(2)], "field turn: 2 where 1 is due"),
        ([turn(1, "anger", **{EVIDENCE: [4]})], "4 is no turn from 1 to 1"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(tmp_path, turns, says):
    with pytest.raises(DatasetError, match=says):
        read(write(tmp_path, turns))


def test_a_folder_without_the_files_is_told_where_to_get_them(tmp_path):
    with pytest.raises(DatasetError, match=r"no dailydialog_test.json or iemocap_test.json; take it from RECCON"):
        read(tmp_path)
