"""A clip in, a valid report out: offline, with a model, and with a model that answers rubbish."""

import asyncio
import json

import pytest
from scripted_endpoint import sample, scripted_endpoint

import mentalis
from agents.report import Report

FACE_ONLY = ("faces", "action_units", "blinks", "head_gestures", "speech")


def assert_grounded(report: Report) -> None:
    known = {o.id: o for o in report.evidence.observations}
    for claim in report.claims:
        assert 0 <= claim.start_s <= claim.end_s <= report.clip.duration_s + 1e-6
        for cited in claim.evidence:
            assert cited in known or cited.startswith("frame@")
    assert Report.model_validate_json(report.model_dump_json()) == report


@pytest.mark.parametrize(
    "name", ["man_talking_640x360.mp4", "single_face_2s.mp4", "no_face.mp4", "face_then_none_vfr.mov"]
)
def test_every_clip_gives_a_valid_report(name, shared, tmp_path):
    report = mentalis.analyze(shared / "clips" / name, data=tmp_path)
    assert_grounded(report)
    assert not [run for run in report.evidence.tools if run.status == "failed"]
    if name == "no_face.mp4":
        assert not report.people
        assert all(claim.abstained for claim in report.claims)


def test_the_demo_is_told_as_it_was(demo, tmp_path):
    report = mentalis.analyze(demo.clip, transcript=demo.transcript, data=tmp_path)
    assert_grounded(report)
    assert report.provenance.reasoner == "knowledge"
    assert any(c.level == "emotion" and c.label == "happiness" for c in report.claims)
    assert any(c.level == "behaviour" and c.label == "nodding" for c in report.claims)


def test_what_happens_is_told_as_it_happens(demo, tmp_path):
    async def followed():
        return [event async for event in mentalis.stream(demo.clip, tools=("blinks", "speech"), data=tmp_path)]

    events = asyncio.run(followed())
    told = [(e.kind, e.tool) for e in events if e.kind in ("tool_started", "tool_finished")]
    for tool in ("faces", "blinks", "speech"):
        assert told.index(("tool_started", tool)) < told.index(("tool_finished", tool))
    assert told.index(("tool_finished", "faces")) < told.index(("tool_started", "blinks"))
    assert [e.agent for e in events if e.kind == "agent_finished"] == ["behaviour", "cognition", "emotion", "narrator"]
    assert [e.kind for e in events].count("report") == 1
    assert events[-1].kind == "report"


def test_a_finished_run_is_resumed_without_running_anything(demo, tmp_path, monkeypatch):
    first = mentalis.analyze(demo.clip, tools=FACE_ONLY, data=tmp_path, cache=False)
    monkeypatch.setattr("graphs.perceiving.perceive", None)  # would fail if it were called
    assert mentalis.analyze(demo.clip, tools=FACE_ONLY, data=tmp_path, cache=False, resume=True) == first


def test_a_run_that_broke_off_goes_on_after_its_last_step(demo, tmp_path, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr("graphs.judging.reason", lambda level, case: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            mentalis.analyze(demo.clip, tools=FACE_ONLY, data=tmp_path, cache=False)
    monkeypatch.setattr("graphs.perceiving.perceive", None)
    assert_grounded(mentalis.analyze(demo.clip, tools=FACE_ONLY, data=tmp_path, cache=False, resume=True))


def _ask(demo, tmp_path, url, **options):
    return mentalis.analyze(
        demo.clip, tools=FACE_ONLY, data=tmp_path, model="tiny", base_url=url, retries=0, timeout_s=5.0, **options
    )


def test_a_model_that_keeps_the_schema_is_heard(demo, tmp_path):
    def answer(request):
        if "response_format" not in request:
            return 200, "ok", "stop"
        return 200, json.dumps(sample(request["response_format"]["json_schema"]["schema"])), "stop"

    with scripted_endpoint(answer) as endpoint:
        report = _ask(demo, tmp_path, endpoint.url)
        asked = [r for r in endpoint.asked if "response_format" in r]
        calls = len(endpoint.asked)
        again = _ask(demo, tmp_path, endpoint.url)
    assert_grounded(report)
    assert report.provenance.model == "tiny"
    assert report.provenance.tokens.calls == len(asked)
    prefixes = {json.dumps([r["messages"][0], r["messages"][1]["content"][:-1]]) for r in asked}
    assert len(prefixes) == 1, "agents of one clip must share all but their own task, byte for byte"
    assert len(endpoint.asked) - calls <= 1, "a repeated run may probe, but asks nothing twice"
    assert again.claims == report.claims


LIE = {
    "label": "happiness",
    "text": "the person is certainly lying",
    "start_ms": 80_000_000,
    "end_ms": 1,
    "confidence_percent": 100,
    "second_label": None,
    "second_percent": 0,
    "evidence": ["au99-7", "frame@9999.00"],
    "abstained": False,
}
RUBBISH = {
    "no JSON": (200, "I think that {", "stop"),
    "another shape": (200, '{"claims": 7}', "stop"),
    "lies": (200, json.dumps({"claims": [LIE], "verdicts": [], "sentences": ["x"]}), "stop"),
    "invented evidence": (200, json.dumps({"claims": [LIE]}), "stop"),
    "endless": (200, '{"claims": [' + "9" * 500, "length"),
    "empty": (200, "", "stop"),
    "a failing server": (500, "", "stop"),
    "a refusal": (400, "", "stop"),
}


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_gives_a_valid_report_that_says_what_failed(kind, demo, tmp_path):
    with scripted_endpoint(lambda request: RUBBISH[kind]) as endpoint:
        report = _ask(demo, tmp_path, endpoint.url)
    assert_grounded(report)
    assert not [c for c in report.claims if not c.abstained]
    assert report.failures or report.rejected
