"""Speech: the words with their lexical valence, when someone speaks, and how it sounds."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from perception import transcribing
from perception.clip import Clip
from perception.errors import ToolError
from perception.evidence import Findings
from perception.lexicon import is_english, valence
from perception.prosody import COURSE_HZ, Prosody, against_usual, course, opensmile_is_here, prosody_of
from perception.tool import Run, tool
from perception.transcripts import Utterance
from perception.voice_activity import RATE_HZ, loud_stretches, silero_is_here, spoken_stretches

Samples = npt.NDArray[np.float32]
Detector = Literal["auto", "energy", "silero"]
Transcriber = Literal["auto", "none", "faster_whisper"]
MOST_CHARACTERS = 160  # of an utterance in one line of evidence
RATE_OVER_S = 3.0  # pace and pauses are of some words, not of one
PROSODY = 0.7  # confidence that the sound is the voice alone
VOICE, LOUD = 0.85, 0.5  # confidence that someone speaks: by Silero's network, and by loudness alone
LEXICAL = 0.6  # confidence of a lexicon's valence: it knows words, not irony


@tool(needs=(), version="7")
def speech(
    voice_activity: Detector = "auto",
    engine: Literal["lexicon"] = "lexicon",
    transcriber: Transcriber = "auto",
    transcriber_model: str = "",
) -> Run:
    """Take the words from the transcript, their valence from a lexicon (English), when someone speaks, and how.

    How it sounds (pitch, loudness, voice quality, pace) is measured if openSMILE is installed: the `prosody` extra.

    Args:
        voice_activity: `silero` (a network that tells voice from other sound; the `neural` extra), `energy` (sound
            above the background, voice or not), or `auto`: Silero if it is installed.
        engine: `lexicon`, by which words get a valence (VADER: Hutto & Gilbert 2014).
        transcriber: who writes the words down where no transcript is given: `faster_whisper`, `none`, or `auto`:
            faster-whisper if it is installed and its model is here.
        transcriber_model: folder of that model; none: the first `faster-whisper*` among the weights.

    Raises:
        ToolError: Silero or faster-whisper is asked for and not here.
    """
    if voice_activity == "silero" and not silero_is_here():
        raise ToolError("speech.voice_activity=silero needs the neural extra: python scripts/install.py neural")
    missing = transcribing.why_not(transcriber_model)
    if transcriber == "faster_whisper" and missing:
        raise ToolError(f"speech.transcriber=faster_whisper: {missing}")
    writes = transcriber != "none" and not missing
    detector = "silero" if voice_activity != "energy" and silero_is_here() else "energy"

    def run(clip: Clip) -> Findings:
        found = Findings(notes={"engine": engine, "voice activity": detector})
        samples = clip.audio(RATE_HZ)
        words = Said(clip.transcript, clip.transcript_language)
        if not clip.transcript and samples is not None and writes:
            words = _written(transcribing.transcribe(samples, clip.duration_s, transcriber_model), found)
        elif not clip.transcript:
            could = f", and {missing}" if transcriber == "auto" and missing else ""
            found.abstain(None, f"no transcript was given{could}")
        _words(words, found)
        if samples is None:
            found.abstain(None, "the clip has no sound")
            return found
        stretches = _voice(clip, samples, detector == "silero", found)
        spoken = [(u.start_s, u.end_s) for u in words.utterances if u.timed] or stretches
        if spoken:
            _sounds(words.utterances, samples, spoken, found)
        return found

    run.depends_on = lambda clip: [  # type: ignore[attr-defined]
        opensmile_is_here(),
        transcribing.fingerprint(transcriber_model) if writes else None,
    ]
    run.resolved = {  # type: ignore[attr-defined]
        "voice_activity": detector,
        "transcriber": "faster_whisper" if writes else transcriber,
    }
    return run


class Said(NamedTuple):
    """Words with their times."""

    utterances: tuple[Utterance, ...]
    language: str | None = None
    sure: tuple[float, ...] = ()  # of each utterance that was written down here


def _written(heard: transcribing.Heard, found: Findings) -> Said:
    """What was written down here, with the words' own times as a note of each utterance."""
    found.notes["transcriber"] = f"faster-whisper, {heard.model}, language {heard.language}"
    if not heard.utterances:
        found.abstain(None, "faster-whisper hears no words")
    times_s = [word.start_s for group in heard.words for word in group]
    sure = [word.probability for group in heard.words for word in group]
    if times_s:
        found.signal(None, "words", sure, times_s, unit="probability of the word that begins then")
    return Said(heard.utterances, heard.language, tuple(transcribing.sureness(group) for group in heard.words))


def _words(said: Said, found: Findings) -> None:
    if not said.utterances:
        return
    english = is_english(" ".join(u.text for u in said.utterances), said.language)
    if not english:
        named = said.language or "not surely English"
        found.abstain(None, f"no valence of the words: the language is {named}, the lexicon knows English")
    sure = said.sure or (1.0,) * len(said.utterances)
    for u, share in zip(said.utterances, sure, strict=True):
        words = u.text if len(u.text) <= MOST_CHARACTERS else u.text[: MOST_CHARACTERS - 1] + "…"
        who = f"{u.speaker} says" if u.speaker else "someone says"
        score = valence(u.text) if english else None
        tone = (
            ""
            if score is None
            else f" (words {'positive' if score > 0.05 else 'negative' if score < -0.05 else 'neutral'})"
        )
        found.event(
            None,
            "utterance",
            u.start_s,
            u.end_s,
            value=score,
            unit=None if score is None else "lexical valence -1 to 1",
            text=f"{who}: “{words}”{tone}",
            confidence=(LEXICAL if score is not None else 0.9) * share,
            quality=share,
        )


def _voice(clip: Clip, samples: Samples, by_network: bool, found: Findings) -> list[tuple[float, float]]:
    stretches = spoken_stretches(samples) if by_network else loud_stretches(samples)
    stretches = [(a, min(b, clip.duration_s)) for a, b in stretches if a < clip.duration_s]
    if not stretches:
        found.abstain(None, "no voice is heard" if by_network else "nothing is louder than the background")
    text = "someone speaks" if by_network else "there is sound louder than the background (voice or not)"
    sure = VOICE if by_network else LOUD
    for start_s, end_s in stretches:
        found.event(None, "voice_activity", start_s, end_s, text=text, confidence=sure, quality=sure)
    return stretches


def _sounds(
    utterances: Sequence[Utterance], samples: Samples, stretches: list[tuple[float, float]], found: Findings
) -> None:
    """Prosody of each utterance, or of each stretch of voice where no words are given, and its course over time."""
    if not opensmile_is_here():
        found.abstain(None, "no prosody: it needs openSMILE (python scripts/install.py prosody)")
        return
    words = {(u.start_s, u.end_s): len(u.text.split()) for u in utterances}
    every = prosody_of(samples, stretches)
    if not every:
        found.abstain(None, "no prosody: every stretch of speech is too short")
        return
    for one in every:
        _tell_sound(one, words.get((one.start_s, one.end_s)), against_usual(one, every), found)
    goes = course(samples)
    heard = np.any([(goes.times_s >= a) & (goes.times_s < b) for a, b in stretches], axis=0)
    begins = np.diff((goes.voiced > 0).astype(float), prepend=0.0) > 0
    rate = goes.around(begins.astype(float), RATE_OVER_S) * COURSE_HZ
    pauses = 1 - goes.around(goes.voiced, RATE_OVER_S)
    for name, series, unit in (
        ("pitch", goes.pitch_hz, "Hz"),
        ("jitter", goes.jitter, "share of the period"),
        ("voiced_segments", rate, f"per second, over {RATE_OVER_S:.0f} s"),
        ("pauses", pauses, f"share of {RATE_OVER_S:.0f} s"),
    ):
        found.signal(None, name, np.where(heard, series, np.nan), goes.times_s, unit=unit)
    found.signal(None, "loudness", goes.loudness, goes.times_s, unit="openSMILE's loudness")


def _tell_sound(one: Prosody, words: int | None, unusual: str, found: Findings) -> None:
    parts = [f"loudness {one.loudness:.1f}"]
    if one.pitch_hz is not None and one.pitch_range_semitones is not None and one.jitter is not None:
        parts.insert(0, f"pitch {one.pitch_hz:.0f} Hz, range {one.pitch_range_semitones:.1f} semitones")
        parts.append(f"jitter {one.jitter:.1%}")
        if one.shimmer_db is not None:
            parts.append(f"shimmer {one.shimmer_db:.1f} dB")
    per_s = words / (one.end_s - one.start_s) if words else one.voiced_per_s
    parts.append(f"{per_s:.1f} {'words' if words else 'voiced segments'} a second")
    parts.append(f"pauses or unvoiced sound {1 - one.voiced_share:.0%} of the time")
    found.event(
        None,
        "prosody",
        one.start_s,
        one.end_s,
        value=None if one.pitch_hz is None else round(one.pitch_hz, 1),
        unit=None if one.pitch_hz is None else "Hz",
        text=f"the voice{': ' + unusual if unusual else ''} ({', '.join(parts)})",
        confidence=PROSODY,
        quality=float(np.clip(one.voiced_share * 1.5, 0, 1)),
    )
