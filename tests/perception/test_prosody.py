"""How a voice sounds, who speaks, and whether words, face and voice fit each other."""

import numpy as np
import pytest

from mentalis.testing import face_track
from mentalis.testing.sound import RATE_HZ, add_sound, espeak_is_here, laid_out, say, talking_lips
from mentalis.testing.synthetic_clip import Action, Script, render
from perception.action_units import action_units
from perception.clip import Clip, Utterance
from perception.incongruity import incongruity
from perception.prosody import opensmile_is_here, prosody_of
from perception.scheduler import perceive
from perception.speakers import speakers
from perception.speaking import speaking_s
from perception.speech import speech
from perception.tool import make_tool

needs_opensmile = pytest.mark.skipif(not opensmile_is_here(), reason="the prosody extra is not installed")
needs_espeak = pytest.mark.skipif(not espeak_is_here(), reason="espeak-ng is not installed")
GLAD, SAD = "I love this wonderful happy day", "I hate this terrible awful mess"


def vowel(hz, seconds=1.5, loudness=0.3):
    """A buzz with the overtones of a voice."""
    times_s = np.arange(0, seconds, 1 / RATE_HZ)
    return (loudness * sum(np.sin(2 * np.pi * hz * n * times_s) / n for n in range(1, 20))).astype(np.float32)


@needs_opensmile
@pytest.mark.parametrize("hz", [110, 180, 260])
def test_pitch_is_that_of_the_voice(hz):
    (found,) = prosody_of(laid_out([(0.5, vowel(hz))], 3.0), [(0.5, 2.0)])
    assert found.pitch_hz == pytest.approx(hz, rel=0.02)
    assert found.voiced_share > 0.8


@needs_opensmile
def test_noise_has_no_pitch():
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE_HZ).astype(np.float32)
    (found,) = prosody_of(noise, [(0.0, 2.0)])
    assert found.voiced_share < 0.3


@needs_opensmile
def test_a_higher_and_louder_utterance_is_told_as_such(make_clip):
    times_s = [(0.5, 2.0), (3.0, 4.5), (5.5, 7.0), (8.0, 9.5)]
    voices = [vowel(120), vowel(122), vowel(119), vowel(190, loudness=0.9)]
    path = make_clip(frames=240, sound=laid_out([(a, v) for (a, _), v in zip(times_s, voices, strict=True)], 10.0))
    found = speech()(with_words(Clip.open(path), [(a, b, "well then") for a, b in times_s])).events("prosody")
    assert "higher and louder than usual" in found[3].text
    assert not any("usual" in o.text for o in found[:3])


def with_words(clip, words):
    transcript = tuple(Utterance(start_s=a, end_s=b, text=text) for a, b, text in words)
    return clip.model_copy(update={"transcript": transcript, "transcript_language": "en"})


def talking(*spans_s):
    """Lips that open and close four times a second."""
    return [("au25", t, t + 0.15, 0.8) for a, b in spans_s for t in np.arange(a, b, 0.25)]


def test_who_speaks_is_whose_lips_move(demo):
    faces = [
        face_track(seconds=12, actions=talking((1, 3))),
        face_track(seconds=12, person="P2", actions=talking((5, 7)), seed=1),
    ]
    clip = with_words(Clip.open(demo.clip), [(1, 3, "hello there"), (5, 7, "good day"), (9, 11, "who is it")])
    found = speakers()(clip, faces=faces, speech=speech()(clip))
    assert [(o.person, o.start_s) for o in found.events("speaking")] == [("P1", 1.0), ("P2", 5.0)]
    assert "unclear in 1 of 3" in found.abstentions[0].reason


@pytest.mark.parametrize(
    ("text", "face", "fits"),
    [
        (GLAD, "au12", True),
        (GLAD, "au15", False),
        (SAD, "au12", False),
        (SAD, "au15", True),
        ("it is twelve", "au12", True),
    ],
)
def test_words_against_the_face(text, face, fits, demo):
    clip = with_words(Clip.open(demo.clip), [(5.0, 7.0, text)])
    faces = [face_track(seconds=12, actions=[(face, 4.8, 7.2, 1.0), *talking((5, 7))])]
    heard = speech()(clip)
    units = action_units(engine="geometry")(clip, faces=faces)
    shown = speakers()(clip, faces=faces, speech=heard)
    found = incongruity()(clip, action_units=units, speech=heard, speakers=shown).events("incongruity")
    assert len(found) == (0 if fits else 1)
    if found:
        assert found[0].person == "P1"
        assert f"{face}-" in found[0].text


def test_words_in_a_language_without_a_lexicon_are_not_held_against_a_face(demo):
    words = with_words(Clip.open(demo.clip), [(5.0, 7.0, "ich liebe diesen wunderbaren Tag")])
    clip = words.model_copy(update={"transcript_language": "de"})
    evidence = perceive(clip, [make_tool("incongruity")])
    assert any("no words with a known valence" in a.reason for a in evidence.abstentions)


@needs_espeak
@needs_opensmile
def test_spoken_words_under_a_face_are_heard_where_they_are_and_held_against_it(tmp_path):
    said = [(1.0, say(SAD)), (6.0, say(GLAD)), (10.0, say("it is twelve on the clock"))]
    smile = Action("smile", 0.8, 4.0)
    lips = [moving for start_s, sound in said for moving in talking_lips(start_s, len(sound) / RATE_HZ)]
    render(Script(seconds=14, size=256, actions=(smile, *lips), crf=20), tmp_path / "silent.mp4")
    add_sound(tmp_path / "silent.mp4", laid_out(said, 14.0), tmp_path / "clip.mp4")
    lengths = [len(sound) / RATE_HZ for _, sound in said]
    texts = (SAD, GLAD, "it is twelve on the clock")
    words = [(start, start + n, text) for (start, _), n, text in zip(said, lengths, texts, strict=True)]
    evidence = perceive(with_words(Clip.open(tmp_path / "clip.mp4"), words), [make_tool("incongruity")])
    voices = evidence.of("voice_activity")
    for start_s, end_s, _ in words:
        assert any(abs(v.start_s - start_s) < 0.3 for v in voices)
        assert any(abs(v.end_s - end_s) < 0.4 for v in voices)
    (event,) = evidence.of("incongruity")
    assert event.start_s == pytest.approx(1.0)
    assert "words are negative" in event.text
    assert "face is positive" in event.text
    assert len(evidence.of("prosody")) == 3
    assert {"pitch", "loudness", "jitter", "voiced_segments", "pauses"} <= {s.name for s in evidence.signals}
    assert {o.person for o in evidence.of("speaking")} == {"P1"}


@needs_espeak
def test_words_that_no_lips_speak_are_held_against_no_face(tmp_path):
    render(Script(seconds=6, size=256, actions=(Action("smile", 0.8, 5.0),), crf=20), tmp_path / "silent.mp4")
    add_sound(tmp_path / "silent.mp4", laid_out([(1.5, say(SAD))], 6.0), tmp_path / "clip.mp4")
    clip = with_words(Clip.open(tmp_path / "clip.mp4"), [(1.5, 4.0, SAD)])
    evidence = perceive(clip, [make_tool("incongruity")])
    assert not evidence.of("incongruity")
    assert any("who says 1 of 1 utterances is not known" in a.reason for a in evidence.abstentions)


def test_a_clear_expression_against_a_flat_voice(demo):
    """The voice is measured by hand: three utterances, the second soft and monotonous."""
    times_s, spans = np.arange(0, 12, 0.1), [(1.0, 3.0), (5.0, 7.0), (9.0, 11.0)]
    clip = with_words(Clip.open(demo.clip), [(a, b, "it is twelve") for a, b in spans])
    faces = [face_track(seconds=12, actions=[("au12", 4.8, 7.2, 1.0), *(x for s in spans for x in talking(s))])]
    heard = speech(voice_activity="energy")(clip)
    soft = (times_s >= 5) & (times_s < 7)
    for a, b in spans:
        heard.event(None, "prosody", a, b, text="the voice", confidence=0.7, quality=0.8)
    heard.signals = tuple(s for s in heard.signals if s.name not in ("loudness", "pitch"))
    heard.signal(None, "loudness", np.where(soft, 0.2, 1.0), times_s, unit="loudness")
    heard.signal(None, "pitch", 150 + np.where(soft, 1, 30) * np.sin(times_s * 5), times_s, unit="Hz")
    units = action_units(engine="geometry")(clip, faces=faces)
    shown = speakers()(clip, faces=faces, speech=heard)
    (event,) = incongruity()(clip, action_units=units, speech=heard, speakers=shown).events("incongruity")
    assert event.start_s == pytest.approx(5.0)
    assert "face is positive" in event.text
    assert "flat and soft" in event.text


@needs_espeak
def test_words_without_times_are_spoken_where_a_voice_is_heard(make_clip):
    said = say(SAD)
    path = make_clip(frames=240, sound=laid_out([(3.0, said)], 10.0))
    text = Utterance(start_s=0.0, end_s=10.0, text="well then", timed=False)
    clip = Clip.open(path).model_copy(update={"transcript": (text,), "transcript_language": "en"})
    ((start_s, end_s),) = speaking_s(clip)
    assert (start_s, end_s) == (pytest.approx(3.0, abs=0.4), pytest.approx(3.0 + len(said) / RATE_HZ, abs=0.4))
    if opensmile_is_here():
        (sound,) = speech(voice_activity="energy")(clip).events("prosody")
        assert sound.end_s - sound.start_s < 3
