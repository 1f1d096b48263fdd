"""Values of the contract survive JSON, keep the published schema, never change, and can't hold nonsense."""

import contract_making as making
import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from agents.report import Report
from perception.clip import Clip
from perception.evidence import Evidence, Findings, Observation, Signal

SCHEMA = Report.model_json_schema()
slowly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slowly
@given(
    st.one_of(
        making.observations(), making.signals(), making.findings(), making.evidence(), making.clips(), making.reports()
    )
)
def test_every_value_survives_json(value):
    assert type(value).model_validate_json(value.model_dump_json()) == value


@slowly
@given(making.reports())
def test_every_report_keeps_the_published_schema(report):
    jsonschema.validate(TypeAdapter(dict).validate_json(report.model_dump_json()), SCHEMA)


def test_a_clip_survives_json_and_can_still_be_read(make_clip):
    clip = Clip.open(make_clip("a.mp4", frames=5))
    back = Clip.model_validate_json(clip.model_dump_json())
    assert back == clip
    assert [f.time_s for f in back.frames()] == [f.time_s for f in clip.frames()]


@given(making.reports())
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_report_never_changes(report):
    with pytest.raises(ValidationError, match="frozen"):
        report.narrative = "another"
    with pytest.raises(ValidationError, match="frozen"):
        report.evidence.observations = ()


@given(making.findings())
@settings(max_examples=5, deadline=None)
def test_findings_never_change_once_returned(found):
    found.seal("faces")
    with pytest.raises(AttributeError, match="sealed"):
        found.observations = ()
    with pytest.raises(AttributeError, match="sealed"):
        found.abstain(None, "too late")


GOOD = {
    "id": "a-1", "tool": "t", "kind": "a", "start_s": 1.0, "end_s": 2.0, "confidence": 0.5, "quality": 0.5, "text": "a"
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_s": float("nan")},
        {"end_s": float("inf")},
        {"value": float("nan")},
        {"confidence": 1.01},
        {"quality": -0.01},
        {"start_s": 3.0},
        {"start_s": -1.0},
        {"apex_s": 2.5},
        {"text": ""},
        {"colour": "red"},
    ],
)
def test_an_observation_can_not_hold_nonsense(wrong):
    Observation(**GOOD)
    with pytest.raises(ValidationError):
        Observation(**{**GOOD, **wrong})


def test_a_signal_has_one_time_base_and_no_holes():
    base = {"name": "AU12", "tool": "t", "unit": "FACS 0-5"}
    for wrong in (
        {"values": (1.0,)},
        {"values": (1.0,), "start_s": 0.0, "rate_hz": 10.0, "times_s": (0.0,)},
        {"values": (1.0, 2.0), "times_s": (0.0,)},
        {"values": (float("nan"),), "times_s": (0.0,)},
    ):
        with pytest.raises(ValidationError):
            Signal(**base, **wrong)


def test_evidence_has_no_id_twice_and_nothing_after_the_clip():
    seen = Observation(**GOOD)
    for wrong in ((seen, seen), (Observation(**{**GOOD, "end_s": 99.0}),)):
        with pytest.raises(ValidationError):
            Evidence(clip_sha256="0", duration_s=10.0, observations=wrong)


def test_what_is_not_finite_is_absent_from_a_signal():
    found = Findings()
    found.signal("P1", "AU12", [1.0, float("nan"), 3.0], [0.0, 0.1, 0.2], unit="FACS 0-5")
    (signal,) = found.signals
    assert signal.values == (1.0, 3.0)
    assert signal.times().tolist() == pytest.approx([0.0, 0.2])
