"""A real vLLM with a tiny Qwen2.5-Omni: it hears the clip, too."""

import pytest
from ask_served import analysed, checked, failed

from agents.report import Report

pytestmark = pytest.mark.vllm


async def test_the_check_tells_that_it_hears(qwen_omni):
    told = await checked(qwen_omni)
    assert all(told[what].startswith("yes") for what in ("video", "images", "audio", "keep to a schema"))


def test_an_analysis_plays_the_sound_beside_the_video(qwen_omni, talking, words, data):
    report = analysed(qwen_omni, talking, words, data)
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert failed(report) == []
    assert report.provenance.presentation.way == "video"
    assert report.provenance.presentation.sound_s == pytest.approx(report.clip.duration_s, abs=0.01)
    assert report.provenance.tokens.cached_prompt_tokens > 0
