"""Three levels of each clip are judged, from words alone or with the clip, and scored level by level."""

import json
from pathlib import Path

import pytest
from benchmark_running import always, scores_of
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint
from task_running import outcome_of

from agents.checking.calibration import CalibrationError
from agents.claims import Claim
from evals.calibrating import calibrate
from evals.errors import DatasetError
from evals.tasks.motor_bench import MOTOR, motor_bench, of_group

ROWS = [
    {"id": "a", "behaviour": "monitoring", "cognition": "positive", "emotion": "positive", "words": "We are on track."},
    {"id": "b", "behaviour": "controlling", "cognition": "positive", "emotion": "neutral", "words": "Do it again."},
    {"id": "c", "behaviour": "monitoring", "cognition": "negative", "emotion": "positive", "transcript": "c.txt"},
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "motor.jsonl").write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    (tmp_path / "c.txt").write_text("ANNA: I do not get it.\nBEN: Nor do I.\n")
    return tmp_path


def test_words_alone_are_scored_by_level_and_calibrated_by_level(folder):
    with scripted_endpoint(always("monitoring", "positive")) as endpoint:
        task = motor_bench(
            str(folder), model="m", base_url=endpoint.url, strategy="cascade", data=str(knowing(folder / "data"))
        )  # fmt: skip
        log, scores = scores_of(task, folder)
    assert scores["behaviour_macro_f1"] == pytest.approx((2 * 2 / 5 + 0) / 2)
    assert scores["cognition_accuracy"] == scores["emotion_accuracy"] == pytest.approx(2 / 3)
    by_level = [scores[f"{level}_macro_f1"] for level in ("behaviour", "cognition", "emotion")]
    assert scores["mean_macro_f1"] == pytest.approx(sum(by_level) / 3)
    report = json.loads(outcome_of(log.samples[0])["report"])
    cited = [e for claim in report["claims"] for e in claim["evidence"]]
    assert not any(e.startswith("frame@") for e in cited), "there is no picture"


def of_behaviour_alone(request):
    """A model that keeps to the form and leaves two levels out."""
    if (schema := schema_of(request)) is None:
        return 200, "ok", "stop"
    return 200, json.dumps({**sample(schema), "cognition": [], "emotion": []}), "stop"


@pytest.mark.parametrize(
    ("answer", "given", "why"),
    [
        (of_behaviour_alone, [True, False, False], "the model said nothing of what was asked"),
        (lambda request: (200, "no json, sorry", "stop"), [False, False, False], "gave no valid answer in 3 tries"),
    ],
)
def test_a_level_that_the_model_does_not_answer_is_not_called_abstained(answer, given, why, folder):
    with scripted_endpoint(answer) as endpoint:
        task = motor_bench(str(folder), model="m", base_url=endpoint.url, strategy="single", data=str(folder / "data"))
        log, _ = scores_of(task, folder)
    outcome = outcome_of(log.samples[0])
    assert [p["value"] is not None for p in outcome["predictions"]] == given
    assert not any(p["abstained"] for p in outcome["predictions"]), "nothing was chosen: it never came"
    assert why in outcome["failures"][0]


def test_each_level_is_calibrated_by_itself(folder):
    rows = [{**row, "id": f"{row['id']}{n}"} for n in range(8) for row in ROWS]
    (folder / "motor.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    with scripted_endpoint(always("monitoring", "positive")) as endpoint:
        task = motor_bench(
            str(folder), model="m", base_url=endpoint.url, strategy="cascade", data=str(knowing(folder / "data"))
        )  # fmt: skip
        log, _ = scores_of(task, folder)
        fitted = calibrate(Path(log.location), folder / "data" / "calibrations").fitted
        assert [(f.level, f.n, f.strategy, f.codebook_sha256 != "") for f in fitted] == [
            (level, 24, "cascade", True) for level in ("behaviour", "cognition", "emotion")
        ]
        again = motor_bench(
            str(folder), model="m", base_url=endpoint.url, strategy="cascade", data=str(knowing(folder / "data"))
        )
        log, _ = scores_of(again, folder)
        with pytest.raises(CalibrationError, match="scaled already: run it again with calibrated=false"):
            calibrate(Path(log.location), folder / "data" / "calibrations")


def test_words_alone_are_judged_where_nothing_else_is_to_be_shown(folder, make_clip):
    make_clip("a.mp4")
    (folder / "motor.jsonl").write_text(json.dumps({**ROWS[0], "clip": "a.mp4"}))
    with scripted_endpoint(always("monitoring", "positive")) as endpoint:
        task = motor_bench(
            str(folder), model="m", base_url=endpoint.url, strategy="cascade", data=str(knowing(folder / "data")),
            media="text", no_tools=True,
        )  # fmt: skip
        log, scores = scores_of(task, folder)
    assert scores["mean_macro_f1"] == 1
    assert json.loads(outcome_of(log.samples[0])["report"])["clip"]["n_frames"] == 0


def claim(label, person, confidence, level="emotion"):
    return Claim(
        id=f"{person}-{label}", level=level, label=label, text="x", person=person, start_s=0, end_s=1,
        confidence=confidence, evidence=("e",),
    )  # fmt: skip


class Seen:
    """What of a report decides whose claim is the clip's."""

    def __init__(self, people, *claims):
        self.people, self.claims = people, claims


def test_a_group_is_judged_as_a_whole_and_one_person_alone():
    of_one, of_all = claim("negative", "P1", 0.9), claim("positive", None, 0.3)
    assert of_group(Seen(["P1", "P2"], of_one, of_all), "emotion", "neutral") is of_all
    assert of_group(Seen([], of_all), "emotion", "neutral") is of_all
    assert of_group(Seen(["P1"], of_one, of_all), "emotion", "neutral") is of_one
    assert of_group(Seen(["P1", "P2"], of_one), "emotion", "neutral") is of_one
    default = claim("neutral", "P2", 0.95)
    assert of_group(Seen(["P1", "P2"], default, of_one), "emotion", "neutral") is of_one
    assert of_group(Seen(["P1"], of_all), "emotion", "neutral") is None


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({**ROWS[0], "cognition": "curious"}, "object 1, column cognition: 'curious' is none of positive, negative"),
        ({**ROWS[0], "words": ""}, "object 1: give one of the columns clip, words and transcript"),
        ({**ROWS[0], "clip": "z.mp4"}, r"motor\.jsonl: z\.mp4 is not there"),
        ({"id": "a"}, "no column behaviour, cognition, emotion; rename or add it"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(folder, row, says):
    (folder / "motor.jsonl").write_text(json.dumps(row))
    with pytest.raises(DatasetError, match=says):
        MOTOR.read(folder)


def test_an_empty_folder_is_told_what_to_write(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no motor\.csv; write one, or motor\.jsonl, with id, behaviour"):
        MOTOR.read(tmp_path)


def test_what_no_check_lets_stand_is_withheld(folder):
    """Whoever calls people liars says nothing that stands."""
    honest = always("monitoring", "positive")

    def slanders(request):
        status, words, reason = honest(request)
        return status, words.replace("It is to be seen.", "He is a liar."), reason

    with scripted_endpoint(slanders) as endpoint:
        task = motor_bench(
            str(folder), model="m", base_url=endpoint.url, strategy="cascade", data=str(knowing(folder / "data"))
        )  # fmt: skip
        log, scores = scores_of(task, folder)
    told = [p for sample in log.samples for p in outcome_of(sample)["predictions"]]
    assert [(p["value"], p["abstained"], p["withheld"]) for p in told] == [(None, True, True)] * 9
    assert scores["mean_macro_f1"] == 0
