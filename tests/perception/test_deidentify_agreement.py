"""Agreement of action units and gestures before and after: known series in, known figures out."""

import numpy as np
import pytest

from mentalis.testing import face_track
from perception.deidentify.agreement import gesture_agreement, unit_agreement
from perception.deidentify.measuring import Measured
from perception.deidentify.utility import _heart_rate
from perception.evidence import Evidence, Findings

SECONDS, RATE_HZ = 4.0, 20.0
TIMES_S = np.arange(SECONDS * RATE_HZ) / RATE_HZ
RISE = 2 + 2 * np.sin(2 * np.pi * TIMES_S / 2)


def findings(tool, fill):
    found = Findings()
    fill(found)
    found.seal(tool)
    return found


def measured(units=None, events=(), person="P1", faces=None):
    """What was measured of one person: values of action units, and (tool, kind, start, end) of events."""
    signals, observations = [], []
    for name, values in (units or {}).items():
        found = findings("action_units", lambda f, n=name, v=values: f.signal(person, n, v, TIMES_S, unit="FACS 0-5"))
        signals += found.signals
    for number, (tool, kind, start_s, end_s) in enumerate(events):
        value = 70.0 if kind == "heart_rate" else None
        told = {"text": kind, "confidence": 0.9, "quality": 0.9, "value": value}
        found = findings(tool, lambda f, k=kind, a=start_s, b=end_s, t=told: f.event(person, k, a, b, **t))
        observations += [o.model_copy(update={"id": f"{o.id}{number}"}) for o in found.observations]
    evidence = Evidence(
        clip_sha256="0" * 64, duration_s=SECONDS, signals=tuple(signals), observations=tuple(observations)
    )
    tracks = [face_track(seconds=SECONDS, rate_hz=RATE_HZ, person=person)] if faces is None else faces
    return Measured(evidence, tracks, [])


def test_the_same_movement_agrees_and_the_opposite_one_does_not():
    before = measured({"AU12": RISE, "AU25": RISE}, [("action_units", "au12", 0.2, 0.8)])
    after = measured({"AU12": 0.5 * RISE, "AU25": -RISE}, [("action_units", "au12", 0.25, 0.8)])
    smile, lips = unit_agreement(before, after)
    assert (smile.unit, smile.r, smile.event_f1) == ("AU12", pytest.approx(1.0), 1.0)
    assert (lips.r, lips.event_f1) == (pytest.approx(-1.0), None)


def test_without_a_face_a_unit_is_undetectable_and_its_events_are_lost():
    before = measured({"AU12": RISE}, [("action_units", "au12", 0.2, 0.8)])
    (smile,) = unit_agreement(before, measured(faces=[]))
    assert smile.r is None
    assert "undetectable" in smile.text
    assert (smile.events_before, smile.events_after, smile.event_f1) == (1, 0, 0.0)


def test_a_unit_that_hardly_moves_has_no_correlation():
    (still,) = unit_agreement(measured({"AU9": 0.01 * RISE}), measured({"AU9": 0.01 * RISE}))
    assert still.r is None
    assert "hardly moves" in still.text


def test_people_are_matched_by_where_they_are_not_by_their_numbers():
    (smile,) = unit_agreement(measured({"AU12": RISE}, person="P1"), measured({"AU12": RISE}, person="P2"))
    assert smile.r == pytest.approx(1.0)
    far = face_track(seconds=SECONDS, rate_hz=RATE_HZ, person="P1", center=(0.1, 0.1), face_width=0.1)
    (nobody,) = unit_agreement(measured({"AU12": RISE}), measured({"AU12": RISE}, faces=[far]))
    assert nobody.r is None


@pytest.mark.parametrize(
    ("after", "f1"),
    [([("touch_face", 1.0, 2.0)], 1.0), ([("touch_face", 1.8, 2.8)], 0.0), ([("rub_eyes", 1.0, 2.0)], 0.0), ([], 0.0)],
)
def test_a_gesture_is_found_again_where_its_kind_overlaps_by_half(after, f1):
    told = gesture_agreement(
        measured(events=[("micro_gestures", "touch_face", 1.0, 2.0)]),
        measured(events=[("micro_gestures", *event) for event in after]),
    )
    assert told.event_f1 == f1


def test_a_pulse_that_is_gone_is_said_to_be():
    was, now = measured(events=[("rppg", "heart_rate", 0.0, 4.0)]), measured()
    assert _heart_rate("P1", was.evidence, now.evidence).text == "no pulse can be read any more"
    assert _heart_rate("P1", was.evidence, was.evidence).difference_bpm == 0.0
    assert _heart_rate("P1", now.evidence, now.evidence).text == "no pulse could be read before"
