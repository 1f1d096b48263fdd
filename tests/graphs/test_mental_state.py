"""A clip in, a valid report out: offline, with a model, and with a model that answers rubbish."""

import asyncio
import json
import time

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint

import mentalis
from agents.claims import LEVELS
from agents.codebook import load_codebook
from agents.report import Report
from mentalis.testing.synthetic_clip import Action, Script, render

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
    report = mentalis.analyze(shared / "clips" / name, data=knowing(tmp_path))
    assert_grounded(report)
    assert not [run for run in report.evidence.tools if run.status == "failed"]
    if name == "no_face.mp4":
        assert not report.people
        assert all(claim.abstained for claim in report.claims)


def test_the_demo_is_told_as_it_was(demo, tmp_path):
    report = mentalis.analyze(demo.clip, transcript=demo.transcript, data=knowing(tmp_path))
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
    assert [(e.kind, e.agent) for e in events if e.kind.startswith("agent_")] == [
        (kind, agent)
        for agent in ("behaviour", "cognition", "emotion", "narrator")
        for kind in ("agent_started", "agent_finished")
    ]
    assert [e.kind for e in events].count("report") == 1
    assert events[-1].kind == "report"


async def test_a_notebook_whose_event_loop_runs_can_call_analyze(demo, tmp_path):
    assert mentalis.analyze(demo.clip, tools=("speech",), data=tmp_path).clip.name == "clip.mp4"


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
    given = {"model": "tiny", "base_url": url, "retries": 0, "timeout_s": 5.0, "samples": 1, **options}
    return mentalis.analyze(demo.clip, tools=FACE_ONLY, data=knowing(tmp_path), **given)


def test_a_model_that_keeps_the_schema_is_heard(demo, tmp_path):
    def answer(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        return 200, json.dumps(sample(schema)), "stop"

    with scripted_endpoint(answer) as endpoint:
        report = _ask(demo, tmp_path, endpoint.url)
        asked = [r for r in endpoint.asked if schema_of(r)]
        again = _ask(demo, tmp_path, endpoint.url)
    assert_grounded(report)
    assert report.provenance.model == "tiny"
    assert report.provenance.tokens.calls == len(asked)
    prefixes = {json.dumps([r["messages"][0], r["messages"][1]["content"][:-1]]) for r in asked}
    assert len(prefixes) == 1, "agents of one clip must share all but their own task, byte for byte"
    (shared,), tasks = prefixes, "".join(r["messages"][1]["content"][-1]["text"] for r in asked)
    for label in load_codebook("basic").labels("emotion"):
        assert label.definition in shared, "labels are defined once for all agents and clips"
        assert label.definition not in tasks
    assert "What is known of such signs" in shared
    assert len([r for r in endpoint.asked if schema_of(r)]) == len(asked), "a repeated run asks nothing twice"
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


def test_an_endpoint_that_never_answers_is_given_up_and_said(demo, tmp_path):
    def asleep(request):
        time.sleep(1.0)
        return 200, "too late", "stop"

    with scripted_endpoint(asleep, {"tiny": 8192}) as endpoint:
        report = _ask(demo, tmp_path, endpoint.url, timeout_s=0.2)
    assert_grounded(report)
    assert {f.stage for f in report.failures} >= {"agent behaviour", "agent cognition", "agent emotion"}
    told = {f.stage: f.what for f in report.failures if f.stage != "agent narrator"}
    assert "could not be found out" in told.pop("evidence board")
    assert all("did not answer within 0.2 s" in what for what in told.values())


def test_only_the_level_that_fails_a_check_is_asked_again(demo, tmp_path):
    """A claim of sadness on a smile contradicts it; told so, the model corrects itself."""
    asked = []

    def answer(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        text = json.dumps(request["messages"])
        level = next((name for name in LEVELS if f"You judge **{name}**" in text), None)
        if level is None:
            return 200, json.dumps(sample(schema)), "stop"
        asked.append(level)
        claim = {**LIE, "start_ms": 8700, "end_ms": 10900, "confidence_percent": 90, "evidence": ["au12-1"]}
        if level != "emotion":
            return 200, json.dumps({"claims": []}), "stop"
        label = "sadness" if asked.count("emotion") == 1 else "happiness"
        said = f"The expression suggests {label}."
        return 200, json.dumps({"claims": [{**claim, "label": label, "text": said}]}), "stop"

    with scripted_endpoint(answer) as endpoint:
        report = _ask(demo, tmp_path, endpoint.url)
    assert asked == ["behaviour", "cognition", "emotion", "emotion"]
    assert [c.label for c in report.claims if c.level == "emotion"] == ["happiness"]
    assert [(v.round, v.passed) for v in report.verdicts if v.check == "au_emotion_consistency"] == [
        (0, False),
        (1, True),
    ]


def test_two_people_are_judged_one_by_one_and_then_together(tmp_path):
    actions = (Action("smile", 2.5, 5.0),)
    render(Script(seconds=6.0, size=320, people=2, actions=actions, pulse_bpm=None), tmp_path / "two.mp4")
    report = mentalis.analyze(tmp_path / "two.mp4", tools=FACE_ONLY, data=tmp_path)
    assert_grounded(report)
    assert [p.id for p in report.people] == ["P1", "P2"]
    happy = {c.person for c in report.claims if c.label == "happiness"}
    assert happy >= {"P1", "P2"}
    together = [c for c in report.claims if c.person is None and not c.abstained]
    assert together, "both smile at once: that is said of them together"
    seen = {o.id: o.person for o in report.evidence.observations}
    assert all({seen[e] for e in c.evidence} == {"P1", "P2"} for c in together)


@pytest.mark.parametrize("kind", RUBBISH)
def test_rubbish_gives_a_valid_report_that_says_what_failed(kind, demo, tmp_path):
    with scripted_endpoint(lambda request: RUBBISH[kind]) as endpoint:
        report = _ask(demo, tmp_path, endpoint.url)
    assert_grounded(report)
    assert not [c for c in report.claims if not c.abstained]
    assert report.failures or report.rejected
    answered = sum(schema_of(request) is not None for request in endpoint.asked) if RUBBISH[kind][0] == 200 else 0
    assert report.provenance.tokens.calls == answered, "tokens spent in vain are counted, too"
