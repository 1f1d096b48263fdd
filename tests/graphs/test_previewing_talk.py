"""What agents of a conversation would be sent without a model: words and measurements, of the first that is asked."""

import pytest
from talk_making import dyad, filmed, measured, talk_of

from graphs.previewing import PreviewError
from graphs.previewing_talk import preview

FROWN = measured("au14-1", "action_units", 2.5, 3.5, "P2", 2.0, "P2: a lip corner tightened (AU14), about C")


def text(shown):
    return "\n".join(part["text"] for part in shown.messages[1]["content"])


async def test_conflicts_are_asked_of_the_utterances_with_a_sign_alone(demo, tmp_path, monkeypatch):
    shown = await preview("incongruity", filmed(talk_of(tmp_path), dyad(FROWN), demo, monkeypatch))
    assert "a lip corner tightened (AU14), about C [au14-1]" in text(shown)
    assert '"id": "au14-1"' in text(shown), "what was measured is in the table, as a model would see it"
    signs = shown.schema["properties"]["utterance-2"]["properties"]["signs"]
    assert "au14-1" in signs["items"]["enum"]


async def test_the_listener_is_asked_about_only_in_a_dyad(demo, tmp_path, monkeypatch):
    talk = talk_of(tmp_path, about="listener")
    shown = await preview("utterance_emotion", filmed(talk, dyad(FROWN), demo, monkeypatch))
    assert "the one who listens" in text(shown)
    with pytest.raises(PreviewError, match="utterance_emotion would not be asked: of no utterance is the listener"):
        await preview("utterance_emotion", filmed(talk, dyad(faces=("P1",)), demo, monkeypatch))
