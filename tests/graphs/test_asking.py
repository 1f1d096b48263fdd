"""A model that can't take what it is shown is shown less, and the report says so."""

import json

import pytest
from measured_once import knowing
from scripted_endpoint import sample, schema_of, scripted_endpoint
from test_strategies import honest

import mentalis
from agents.report import told_once
from agents.showing.media import Media
from benchmarks import vllm_prefix
from benchmarks.measured_case import case_of

MEDIA = {"video_url": "video", "image_url": "image", "input_audio": "audio"}


def refusing(*kinds):
    """An endpoint that takes every medium of a trial, and refuses some in earnest."""

    def answer(request):
        schema = schema_of(request)
        if schema is None:
            return 200, "ok", "stop"
        sent = {
            MEDIA[p["type"]]
            for m in request["messages"]
            for p in m["content"]
            if isinstance(p, dict) and p["type"] in MEDIA
        }
        if sent & set(kinds):
            return 400, f"At most 0 {(sent & set(kinds)).pop()}(s) may be provided in one prompt.", ""
        return 200, json.dumps(sample(schema)), "stop"

    return answer


def only_when(words, then, otherwise):
    """An endpoint that answers otherwise in calls whose messages have these words in them."""
    return lambda request: (then if words in json.dumps(request["messages"]) else otherwise)(request)


def analysed(demo, tmp_path, answer, context=32_768, **options):
    with scripted_endpoint(answer, {"tiny": context}) as endpoint:
        report = mentalis.analyze(
            demo.clip,
            tools=("blinks",),
            data=knowing(tmp_path),
            model="tiny",
            base_url=endpoint.url,
            retries=0,
            **options,
        )
        return report, [r for r in endpoint.asked if schema_of(r)]


@pytest.mark.parametrize(("refused", "way"), [(("video",), "frames"), (("video", "image"), "text")])
def test_a_refused_medium_falls_to_the_next_for_the_whole_analysis(refused, way, demo, tmp_path):
    report, asked = analysed(demo, tmp_path, refusing(*refused))
    assert report.provenance.presentation.way == way
    told = [f.what for f in report.failures if "instead" in f.what]
    assert len(told) == len(refused), "said once each, not by every agent"
    assert all("HTTP 400" in what for what in told)
    assert len(asked) - report.provenance.tokens.calls == len(refused), "each medium was tried in vain once"
    assert {f.stage for f in report.failures} <= {"presentation", "evidence board"}


def test_what_was_too_long_is_halved_once(demo, tmp_path):
    tries = []

    def answer(request):
        if (schema := schema_of(request)) is None:
            return 200, "ok", "stop"
        tries.append(sum(p["type"] == "image_url" for p in request["messages"][1]["content"]))
        if tries[-1] > 4:
            return 400, "This model's maximum context length is 8192 tokens. However, you requested 9000.", ""
        return 200, json.dumps(sample(schema)), "stop"

    report, _ = analysed(demo, tmp_path, answer, media="frames")
    assert tries[:2] == [8, 4]
    assert set(tries[1:]) == {4}, "later agents are shown the half at once"
    assert any("4 frames" in f.what and "8192 tokens" in f.what for f in report.failures)


def test_what_is_too_long_even_halved_is_a_failure(demo, tmp_path):
    told = "This model's maximum context length is 100 tokens. However, you requested 9000."

    def answer(request):
        return (200, "ok", "stop") if schema_of(request) is None else (400, told, "")

    report, asked = analysed(demo, tmp_path, answer)
    assert not [c for c in report.claims if not c.abstained]
    assert len(asked) == 2 * 3, "three agents, each once and once with half"
    assert all("100 tokens" in f.what for f in report.failures)


def obliging(request):
    schema = schema_of(request)
    return 200, "ok" if schema is None else json.dumps(sample(schema)), "stop"


def test_a_context_that_holds_no_task_is_told_once_with_one_that_does(demo, tmp_path):
    report, asked = analysed(demo, tmp_path, obliging, context=1_500)
    assert not asked, "nothing is sent that would not fit"
    told = [line for line in told_once(report.failures) if "too short" in line]
    (line,) = told
    assert line.endswith("it takes 8192 or more (vLLM: --max-model-len 8192)")
    enough, asked = analysed(demo, tmp_path, obliging, context=8_192)
    assert asked
    assert not [f for f in enough.failures if "too short" in f.what]


def test_a_short_context_is_told_nothing_of_signs_in_general_rather_than_nothing_at_all(demo, tmp_path):
    report, asked = analysed(demo, tmp_path, obliging, context=4_096, strategy="cascade", audit_pairs=1)
    assert [c for c in report.claims if not c.abstained]
    assert not [f for f in report.failures if "too short" in f.what]
    assert any("no room for what is known" in f.what for f in report.failures)
    assert "What is known of such signs" not in json.dumps(asked)


def test_the_calls_of_the_prefix_benchmark_are_those_of_the_critic_and_the_narrator(demo, tmp_path):
    report, asked = analysed(demo, tmp_path, obliging, media="text", audit_pairs=0)
    calls = vllm_prefix.analysis(case_of(report), Media())
    sent = {request["messages"][1]["content"][-1]["text"] for request in asked if len(request["messages"]) == 2}
    assert list(calls) == ["behaviour", "cognition", "emotion", "notes", "narrator"]
    assert {calls[agent][1]["content"][-1]["text"] for agent in ("notes", "narrator")} <= sent


STEPS = {
    "the critic": "Observe only",
    "the narrator": "You are the **narrator**",
    "the self-audit": "Here are statements",
}


@pytest.mark.parametrize("who", STEPS)
def test_a_medium_that_is_refused_late_is_said_and_not_sent_again(who, demo, tmp_path):
    seeing = only_when(STEPS[who], refusing("video"), honest)
    report, asked = analysed(demo, tmp_path, seeing, samples=1, audit_pairs=2)
    assert [f.what for f in report.failures if "8 frames" in f.what and "instead" in f.what], report.failures
    assert report.provenance.presentation.way == "frames"
    refused = [r for r in asked if "video_url" in json.dumps(r) and STEPS[who] in json.dumps(r)]
    assert len(refused) == 1
