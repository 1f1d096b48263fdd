"""Words without picture or sound are judged by a model as what they are, and by no rule."""

import json

import pytest
from scripted_endpoint import schema_of, scripted_endpoint

from agents.codebook import load_codebook
from agents.models.chat_model import ChatModel
from graphs import mental_state
from graphs.events import ReportReady
from graphs.state import Setup
from graphs.store import ContentStore
from perception.transcripts import Utterance, Words

WORDS = Words(
    name="words",
    sha256="0" * 64,
    utterances=(
        Utterance(start_s=0, end_s=2, speaker="Anna", text="We did it, wonderful!"),
        Utterance(start_s=2, end_s=4, speaker="Ben", text="Let us check the last step again."),
    ),
)
SAID = {
    "text": "Glad words.", "start_ms": 0, "end_ms": 2000, "confidence_percent": 70, "second_label": None,
    "second_percent": 0, "evidence": ["utterance-1"], "abstained": False,
}  # fmt: skip


def hears_joy(request):
    if (schema := schema_of(request)) is None:
        return 200, "ok", "stop"
    fields = schema["properties"]
    if not {"claims", "emotion"} & fields.keys():
        return 200, json.dumps({"sentences": ["Someone may be glad."]}), "stop"
    told = {
        name: [{**SAID, "label": _label(drafts["items"]["properties"]["label"]["enum"])}]
        for name, drafts in fields.items()
    }
    return 200, json.dumps(told), "stop"


def _label(labels):
    return next((label for label in labels if label in ("talking", "positive", "happiness")), labels[0])


async def judged(tmp_path, strategy, model):
    setup = Setup(
        clip=WORDS, tools=(), codebook=load_codebook("motor"), store=ContentStore(tmp_path), model=model,
        strategy=strategy, samples=1, audit_pairs=0,
    )  # fmt: skip
    events = mental_state.build(strategy=strategy).astream({}, context=setup, stream_mode="custom")
    return await anext(event.report async for event in events if isinstance(event, ReportReady))


@pytest.mark.parametrize("strategy", ["single+evidence", "cascade"])
async def test_a_model_judges_those_who_speak_together(strategy, tmp_path):
    with scripted_endpoint(hears_joy, {"tiny": 32_768}) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        report = await judged(tmp_path, strategy, model)
        await model.close()
        asked = [r for r in endpoint.asked if schema_of(r)]
    assert [(c.level, c.person, c.label) for c in report.claims if c.level == "emotion"] == [
        ("emotion", None, "positive")
    ]
    assert report.claims[-1].evidence == ("utterance-1",)
    assert any("rests on words and voice" in caveat for caveat in report.caveats)
    told = asked[0]["messages"][1]["content"]
    assert "Words alone, without picture or sound" in told[0]["text"]
    assert "whoever speaks (nobody was seen)" in told[-1]["text"]
    assert not [part for message in asked[0]["messages"][1:] for part in message["content"] if part["type"] != "text"]


async def test_without_a_model_nothing_is_claimed_of_them(tmp_path):
    report = await judged(tmp_path, "cascade", None)
    assert all(claim.abstained for claim in report.claims)
