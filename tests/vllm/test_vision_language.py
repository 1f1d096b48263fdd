"""A real vLLM with a tiny Qwen3-VL: ways of showing a clip, verification, chat, shared prefixes, answers in form."""

import pytest
from ask_served import STATEMENTS, analysed, asked_in_turn, checked, criticised, failed, verified

from agents.report import Report
from agents.showing.presentation import Wanted
from benchmarks import structured_outputs, vllm_prefix

pytestmark = pytest.mark.vllm
CALLS = 1  # of each agent; the benchmark makes 200


async def test_the_check_tells_what_it_takes(qwen_vl):
    told = await checked(qwen_vl)
    assert told["context"] == "32,768 tokens"
    assert all(told[what].startswith("yes") for what in ("video", "images", "keep to a schema", "give logprobs"))
    assert told["audio"] == "no"


@pytest.mark.parametrize("media", ["video", "frames", "text"])
def test_an_analysis_shows_the_clip_in_the_way_that_was_asked_for(media, qwen_vl, talking, words, data):
    report = analysed(qwen_vl, talking, words, data, media=media)
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert failed(report) == []
    assert report.provenance.presentation.way == media
    assert bool(report.provenance.presentation.moments_s) == (media != "text")
    assert report.provenance.tokens.calls >= 3, "each level was asked"
    assert report.provenance.tokens.cached_prompt_tokens > 0


async def test_the_critic_verifies_every_claim(qwen_vl, talking, words, data):
    """In the analyses here no claim of a random model's stands, so that the critic gets those of the rules."""
    claims, look = await criticised(qwen_vl, talking, words, data)
    assert claims
    assert {verdict.claim for verdict in look.verdicts} == claims
    assert (look.failures, look.notes) == ((), ())
    assert look.tokens.calls >= 4, "notes, a prediction, an explanation and the last word"


@pytest.mark.parametrize(("variant", "turns", "evidence"), [("base", 1, False), ("pep-mek+tools", 4, True)])
async def test_statements_are_verified(variant, turns, evidence, qwen_vl, talking, words, data):
    found = await verified(qwen_vl, talking, words, data, variant)
    ids = {s.id for s in STATEMENTS}
    assert found.final.keys() == ids
    assert found.presentation.way == "video"
    assert found.presentation.evidence == evidence
    assert found.notes == ()
    assert found.tokens.calls >= turns
    assert all(0 <= p <= 1 for p in found.probabilities.values())
    assert found.reasons.keys() == (ids if variant.startswith("pep") else set())


@pytest.mark.parametrize("name", ["man_talking_640x360.mp4", "single_face_2s.mp4"])  # much to tell, and hardly anything
def test_three_quarters_of_the_prompts_after_the_first_come_from_the_cache(name, qwen_vl, talking):
    layouts = vllm_prefix.measured(talking.with_name(name), qwen_vl.url, qwen_vl.model, Wanted(), repeats=1)
    last, first = layouts["task last"], layouts["task first"]
    assert last[0].cached == first[0].cached == 0, "nothing of another run or layout is found"
    assert vllm_prefix.share_cached(last) >= vllm_prefix.LEAST_CACHED
    assert vllm_prefix.share_cached(first) < 0.1, "a task in front leaves nothing to share"


async def test_every_agent_gets_answers_that_keep_to_its_schema_at_once(qwen_vl, talking):
    rows = await structured_outputs.measured(talking, qwen_vl.url, qwen_vl.model, CALLS)
    assert {row["what"]: row["valid"] for row in rows} == {row["what"]: CALLS for row in rows}


def test_a_chat_goes_on_from_what_was_said(qwen_vl, talking, words, data):
    first, second = asked_in_turn(qwen_vl, talking, words, data, ("Does P1 smile?", "And what happens at 3 s?"))
    assert (first.method, second.method) == ("model", "model")
    assert first.text
    assert second.text
    assert len(second.history.exchanges) > len(first.history.exchanges) >= 1
    assert second.tokens.cached_prompt_tokens > second.tokens.prompt_tokens / 2, "what was said is not read again"
