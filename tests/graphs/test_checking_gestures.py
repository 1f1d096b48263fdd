"""A model that looks at a gesture confirms, doubts or rejects it, without being told what was measured."""

import json

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint

import mentalis
from agents.gesture_check import GestureAnswer, Looked, confidence_after, kinds, outcome
from agents.report import TokenUse
from agents.showing.zoom import body_boxes
from graphs.checking_gestures import after, verdicts
from mentalis.testing import body_track
from perception.evidence import Evidence, Findings, Observation
from perception.tool import Tool


def gesture(kind="touch_face", number=1, person="P1", confidence=0.6, **told):
    given = {"start_s": 1.0, "end_s": 2.0, "quality": 0.9, "text": f"{person} makes {kind}", **told}
    return Observation(
        id=f"{kind}-{number}", tool="micro_gestures", kind=kind, person=person, confidence=confidence, **given
    )


def saw(answer, probability=0.8):
    return Looked(GestureAnswer(reason="In the second picture.", gesture=answer), probability, TokenUse())


@pytest.mark.parametrize(
    ("answer", "what", "confidence"),
    [
        ("touch_face", "confirmed", 0.6 + 0.5 * 0.8 * 0.4),
        ("touch_jaw", "alike", 0.6),  # SMG has one class for both
        ("fold_arms", "another", 0.3),
        ("none", "rejected", 0.0),
        ("cant_tell", "unclear", 0.6),
        ("waving", "unclear", 0.6),
    ],
)
def test_an_answer_changes_the_confidence(answer, what, confidence):
    assert outcome(gesture(), answer) == what
    assert confidence_after(gesture(), saw(answer)) == pytest.approx(confidence)


def test_a_rejected_gesture_is_no_evidence_any_more_and_the_rate_is_counted_anew():
    rate = gesture("gesture_rate", value=8.0, unit="per minute")
    evidence = Evidence(
        clip_sha256="0" * 64,
        duration_s=9,
        observations=(gesture(), gesture(number=2, start_s=4.0, end_s=5.0), gesture("fold_arms", confidence=0.7), rate),
    )
    looked = {"touch_face-1": saw("none"), "touch_face-2": saw("touch_face"), "fold_arms-1": saw("none")}
    left = after(evidence, looked)
    assert [o.id for o in left.observations] == ["touch_face-2", "gesture_rate-1"]
    assert left.observations[1].value == 4.0
    assert [a.reason.split()[0] for a in left.abstentions] == ["touch_face-1", "fold_arms-1"]
    told = {v.claim: v for v in verdicts(list(evidence.observations), looked)}
    assert {name: v.passed for name, v in told.items()} == {
        "touch_face-1": False,
        "touch_face-2": True,
        "fold_arms-1": False,
    }
    assert "rejected: none is seen in the pictures (In the second picture.)" in told["touch_face-1"].detail


def test_the_box_holds_the_hands(tmp_path):
    body = body_track(seconds=2, gestures=[("touch_face", 0.5, 1.5)])
    found = body_boxes().run(None, bodies=[body])
    edges = {signal.name: signal.values[15] for signal in found.signals}
    hand = body.right_hand[15]
    assert edges["left"] <= hand[:, 0].min()
    assert edges["right"] >= hand[:, 0].max()
    assert edges["top"] <= hand[:, 1].min()


def planted() -> Tool:
    """A tool in place of `micro_gestures`, that always finds the same."""

    def run(clip, faces):
        found = Findings()
        for kind, start_s in (("touch_face", 1.0), ("fold_arms", 4.0)):
            found.event("P1", kind, start_s, start_s + 1.5, text=f"P1 makes {kind}", confidence=0.5, quality=0.9)
        return found

    return Tool("micro_gestures", "0", ("faces",), run)


def analysed(demo, data, gesture_answer, **options):
    def answer(request):
        schema = schema_of(request)
        if schema and "gesture" in schema["properties"]:
            return 200, json.dumps({"reason": "The hand is at the cheek.", "gesture": gesture_answer(request)}), "stop"
        return 200, json.dumps(sample(schema)) if schema else "ok", "stop"

    with scripted_endpoint(answer, {"tiny": 32_768}) as endpoint:
        given = {"tools": [planted()], "data": data, "audit_pairs": 0, "samples": 1, "strategy": "cascade", **options}
        report = mentalis.analyze(demo.clip, model="tiny", base_url=endpoint.url, retries=0, **given)
        return report, [r for r in endpoint.asked if "gesture" in (schema_of(r) or {"properties": {}})["properties"]]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return knowing(tmp_path_factory.mktemp("data"))


def test_each_gesture_is_looked_at_in_pictures_of_its_time_with_a_closed_list(demo, data):
    report, asked = analysed(
        demo, data, lambda r: "touch_face" if "1000 to 2500" in json.dumps(r) else "none", check_gestures=True
    )
    assert len(asked) == 2
    for request in asked:
        (message,) = request["messages"]
        assert 4 <= sum(part["type"] == "image_url" for part in message["content"]) <= 8
        assert set(schema_of(request)["properties"]["gesture"]["enum"]) == set(kinds())
        assert "P1 makes" not in json.dumps(message), "it is not told what was measured"
    (kept,) = [o for o in report.evidence.observations if o.tool == "micro_gestures"]
    assert (kept.kind, kept.confidence) == ("touch_face", pytest.approx(0.625))
    checks = {v.claim: v.passed for v in report.verdicts if v.check == "gesture_seen"}
    assert checks == {"touch_face-1": True, "fold_arms-1": False}


def test_nothing_is_asked_where_it_is_not_wanted(demo, data):
    report, asked = analysed(demo, data, lambda r: "none")
    assert not asked
    assert len([o for o in report.evidence.observations if o.tool == "micro_gestures"]) == 2
