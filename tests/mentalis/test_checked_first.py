"""A model that can't be asked is told before anything is measured for it."""

import pytest
from scripted_endpoint import scripted_endpoint

import mentalis
from agents.models.errors import ModelError
from mentalis.chatting import chat
from mentalis.conversing import converse, incongruities
from mentalis.verifying import verify

ASKED = {
    "analyze": mentalis.analyze,
    "analyze --resume": lambda clip, **given: mentalis.analyze(clip, resume=True, **given),
    "conversation": lambda clip, **given: converse(clip, transcript=said_beside(clip), **given),
    "incongruity": lambda clip, **given: incongruities(clip, transcript=said_beside(clip), **given),
    "verify": lambda clip, **given: verify(clip, ["P1 smiles."], **given),
    "chat": lambda clip, **given: chat(clip, "Does P1 smile?", **given),
}


def said_beside(clip):
    """The file of a few words that are said in a clip."""
    words = clip.with_suffix(".srt")
    words.write_text("1\n00:00:00,000 --> 00:00:00,500\nThat is wonderful!\n", encoding="utf-8")
    return words


@pytest.fixture
def given(tmp_path, monkeypatch):
    """Options; the measurement would fail if it began."""
    monkeypatch.setattr("graphs.perceiving.perceive", None)
    return {"model": "nope", "retries": 0, "data": tmp_path}


@pytest.mark.parametrize("what", ASKED)
def test_a_model_that_is_not_served_is_told_before_the_clip_is_measured(what, given, make_clip):
    serving = scripted_endpoint(lambda request: (404, "The model `nope` does not exist.", ""), {"tiny": 8192})
    with serving as endpoint, pytest.raises(ModelError, match="it serves: tiny"):
        ASKED[what](make_clip(), base_url=endpoint.url, **given)


@pytest.mark.parametrize("what", ASKED)
def test_an_endpoint_that_is_away_is_told_before_the_clip_is_measured(what, given, make_clip):
    with pytest.raises(ModelError, match="no model endpoint answers"):
        ASKED[what](make_clip(), base_url="http://127.0.0.1:9/v1", **given)


def test_a_run_that_was_finished_is_told_again_though_the_endpoint_is_away(make_clip, tmp_path):
    clip, given = make_clip(), {"model": "tiny", "tools": ("quality",), "data": tmp_path, "retries": 0}
    with scripted_endpoint(lambda request: (500, "", "")) as endpoint:
        first = mentalis.analyze(clip, base_url=endpoint.url, **given)
    assert mentalis.analyze(clip, base_url=endpoint.url, resume=True, **given) == first


def test_a_run_that_was_cut_off_asks_before_it_goes_on(make_clip, tmp_path, monkeypatch):
    clip, given = make_clip(), {"model": "tiny", "tools": ("quality",), "data": tmp_path, "retries": 0}
    with scripted_endpoint(lambda request: (500, "", "")) as endpoint, monkeypatch.context() as broken:
        broken.setattr("graphs.reporting.finish", None)
        with pytest.raises(TypeError):
            mentalis.analyze(clip, base_url=endpoint.url, **given)
    with pytest.raises(ModelError, match="no model endpoint answers"):
        mentalis.analyze(clip, base_url="http://127.0.0.1:9/v1", resume=True, **given)
