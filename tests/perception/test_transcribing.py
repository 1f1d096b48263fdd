"""Words by faster-whisper: used when it and its model are here, with times of words; in a line why not, otherwise.

The library itself is stood in for: what is tested is how it is called and what becomes of its answer.
"""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from perception.cache import key_of
from perception.clip import Clip
from perception.errors import ToolError
from perception.scheduler import perceive
from perception.tool import make_tool
from perception.transcribing import PAUSE_S, Word, utterances_of, why_not


def word(start_s, end_s, text, probability=0.9):
    return SimpleNamespace(start=start_s, end=end_s, word=text, probability=probability)


class WhisperModel:
    """Answers as faster-whisper does: a generator of segments, and what it found out of the language."""

    def __init__(self, folder, device, local_files_only):
        assert local_files_only
        if "broken" in folder:
            raise RuntimeError("Unsupported model binary version")

    def transcribe(self, samples, *, word_timestamps, temperature, beam_size, condition_on_previous_text):
        assert samples.dtype == np.float32
        assert word_timestamps
        assert temperature == 0.0  # with more it would draw by chance
        said = [word(1.0, 1.3, " I"), word(1.3, 1.6, " am"), word(1.6, 2.2, " happy.", 0.6), word(3.5, 3.9, " Really.")]
        segments = [
            SimpleNamespace(words=said, no_speech_prob=0.1),
            SimpleNamespace(words=[word(4.2, 4.4, " Thanks for watching!")], no_speech_prob=0.9),
            SimpleNamespace(words=[word(5.8, 99.0, " Bye.")], no_speech_prob=0.1),
        ]
        return iter(segments), SimpleNamespace(language="en", language_probability=0.98)


@pytest.fixture
def whisper(monkeypatch, tmp_path):
    """The library, and a folder with the files of a model among the weights."""
    stand_in = ModuleType("faster_whisper")
    stand_in.__spec__ = SimpleNamespace(name="faster_whisper")
    stand_in.WhisperModel = WhisperModel
    monkeypatch.setitem(sys.modules, "faster_whisper", stand_in)
    monkeypatch.setenv("MENTALIS_MODELS", str(tmp_path / "models"))
    return model_in(tmp_path / "models" / "faster-whisper-tiny")


def model_in(folder):
    folder.mkdir(parents=True)
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (folder / name).write_text("{}")
    return folder


@pytest.fixture
def spoken(make_clip):
    sound = 0.1 * np.random.default_rng(0).standard_normal(6 * 16_000)
    return Clip.open(make_clip("a.mp4", frames=144, sound=sound))


def speech_of(clip, **options):
    return perceive(clip, [make_tool("speech", voice_activity="energy", **options)])


def test_words_are_written_down_with_their_times(whisper, spoken):
    evidence = speech_of(spoken)
    utterances = evidence.of("utterance")
    assert [(o.start_s, o.end_s) for o in utterances] == [(1.0, 2.2), (3.5, 3.9), (5.8, spoken.duration_s)]
    assert "“I am happy.”" in utterances[0].text
    assert utterances[0].value > 0.3
    assert utterances[0].confidence == pytest.approx(0.6 * 0.8)  # the lexicon's, times the words' own probability
    (words,) = [s for s in evidence.signals if s.name == "words"]
    assert words.times() == pytest.approx([1.0, 1.3, 1.6, 3.5, 5.8])
    (run,) = evidence.tools
    assert run.notes["transcriber"] == "faster-whisper, faster-whisper-tiny, language en"
    assert "Thanks for watching" not in str(evidence)  # which it writes where nothing is said


def test_a_transcript_that_is_given_counts(whisper, spoken, tmp_path):
    (tmp_path / "a.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nGiven words\n")
    clip = Clip.open(spoken.path, transcript=tmp_path / "a.srt")
    (said,) = speech_of(clip).of("utterance")
    assert "Given words" in said.text


def test_nothing_is_written_when_nobody_shall(whisper, spoken):
    evidence = speech_of(spoken, transcriber="none")
    assert not evidence.of("utterance")
    assert any(a.reason == "no transcript was given" for a in evidence.abstentions)


def test_without_the_library_or_its_model_the_reason_is_a_line(monkeypatch, tmp_path, spoken):
    monkeypatch.setenv("MENTALIS_MODELS", str(tmp_path))
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    (reason,) = [a.reason for a in speech_of(spoken).abstentions if "transcript" in a.reason]
    assert "faster-whisper is not installed (python -m pip install faster-whisper), and its model is not here" in reason
    assert "https://huggingface.co/Systran/faster-whisper-small" in reason
    assert "\n" not in reason
    model_in(tmp_path / "faster-whisper-small")
    assert why_not() == "faster-whisper is not installed (python -m pip install faster-whisper)"
    with pytest.raises(ToolError, match="is not installed"):
        make_tool("speech", transcriber="faster_whisper")


def test_a_model_that_is_not_whole_is_not_used(whisper, spoken):
    (whisper / "model.bin").unlink()
    (reason,) = [a.reason for a in speech_of(spoken).abstentions if "transcript" in a.reason]
    assert "faster-whisper's model is not here" in reason
    with pytest.raises(ToolError, match="is no whole model"):
        make_tool("speech", transcriber="faster_whisper", transcriber_model=str(whisper))


def test_a_model_that_can_not_be_loaded_fails_the_tool_in_a_line(whisper, spoken, tmp_path):
    evidence = speech_of(spoken, transcriber_model=str(model_in(tmp_path / "broken")))
    (run,) = evidence.tools
    assert run.status == "failed"
    assert run.error == "ToolError: faster-whisper can't load broken: Unsupported model binary version"


def test_another_model_gives_another_result(whisper, spoken):
    before = key_of(make_tool("speech"), spoken, {})
    (whisper / "model.bin").write_text("other weights")
    assert key_of(make_tool("speech"), spoken, {}) != before


def test_a_pause_begins_another_utterance():
    words = [Word(0.0, 0.4, " a", 1.0), Word(0.5, 0.9, " b", 1.0), Word(0.9 + PAUSE_S, 2.0, " c", 1.0)]
    assert [len(group) for group in utterances_of(words)] == [2, 1]
    assert utterances_of([Word(0.0, 0.1, " ", 1.0)]) == []
