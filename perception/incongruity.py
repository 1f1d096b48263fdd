"""Incongruity: words of one sign with a face or a voice of another, utterance by utterance."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import yaml

from perception.clip import Clip
from perception.evidence import Findings, Observation, Signal
from perception.tool import Run, tool

WORDS_SAY = 0.3  # lexical valence, either way, before words count as positive or negative
FACE_SAYS = 0.08  # mean valence of the expression over the utterance (a clear smile all along: 0.4)
FACE_CLEARLY = 0.2  # before an expression is held against a voice
FLAT, LIVELY = 0.7, 1.4  # loudness and range of pitch against the usual, below and above
USUAL_NEEDS = 3  # utterances before it is known how this voice usually sounds
FULL = 5.0  # FACS E


@cache
def weights() -> dict[int, float]:
    """Weight of each action unit in the valence of a face."""
    content = yaml.safe_load((Path(__file__).parent / "data" / "incongruity.yaml").read_text(encoding="utf-8"))
    return {int(au): float(weight) for au, weight in content["valence"].items()}


@tool(needs=("action_units", "speech", "speakers"), version="3", reads_words=False)
def incongruity(engine: Literal["signs"] = "signs") -> Run:
    """Find utterances whose words, face and voice do not fit each other (masking, sarcasm and the like may show so).

    Args:
        engine: `signs`, signs of lexical valence, action units and prosody against each other.
    """

    def run(clip: Clip, action_units: Findings, speech: Findings, speakers: Findings) -> Findings:
        found = Findings(notes={"engine": engine})
        utterances = [o for o in speech.events("utterance") if o.value is not None]
        if not utterances:
            found.abstain(None, "no words with a known valence were given")
            return found
        for said in utterances:
            person = _speaker(said, speakers)
            if person is not None:
                _against_face(said, person, action_units, found)
            _against_voice(said, person, speech, found)
            if person is not None:
                _face_against_voice(said, person, action_units, speech, found)
        if not speech.events("prosody"):
            found.abstain(None, "no voice to hold against words and face was measured")
        unknown = sum(_speaker(said, speakers) is None for said in utterances)
        if unknown:
            found.abstain(
                None, f"who says {unknown} of {len(utterances)} utterances is not known: no lips move in them"
            )
        return found

    return run


def _speaker(said: Observation, speakers: Findings) -> str | None:
    """Who said it: whose lips moved; none where no lips did, or were seen."""
    shown = [o.person for o in speakers.events("speaking") if abs(o.start_s - said.start_s) < 1e-6]
    return shown[0] if shown else None


def _against_face(said: Observation, person: str, action_units: Findings, found: Findings) -> None:
    words = said.value or 0.0
    face = face_valence([s for s in action_units.signals if s.person == person], said.start_s, said.end_s)
    if face is None or abs(words) < WORDS_SAY or abs(face) < FACE_SAYS or words * face > 0:
        return
    shown = [
        o
        for o in action_units.observations
        if o.person == person and o.start_s < said.end_s and said.start_s < o.end_s and _unit(o.kind) in weights()
    ]
    by = [o for o in shown if weights()[_unit(o.kind)] * face > 0]
    ids = f" [{', '.join(o.id for o in by[:4])}]" if by else ""
    sign = ("positive", "negative") if words > 0 else ("negative", "positive")
    sure = min(0.7, 0.3 + 0.3 * min(abs(words), 1.0) + 0.3 * min(abs(face), 1.0))
    found.event(
        person,
        "incongruity",
        said.start_s,
        said.end_s,
        value=round(words - face, 2),
        unit="valence of words minus face",
        text=f"{person}'s words are {sign[0]} ({words:+.1f}, {said.id}) while the face is {sign[1]} ({face:+.1f}){ids}",
        confidence=sure * float(np.mean([o.confidence for o in by])) if by else 0.5 * sure,
        quality=float(np.mean([o.quality for o in by])) if by else 0.5,
    )


def face_valence(signals: list[Signal], start_s: float, end_s: float) -> float | None:
    """Mean valence of an expression between two times, in [-1, 1]; None where no action unit was measured."""
    total, measured = 0.0, False
    for signal in signals:
        weight = weights().get(_unit(signal.name.lower()), 0.0)
        times_s = signal.times()
        inside = (times_s >= start_s) & (times_s < end_s)
        if weight and inside.any():
            measured = True
            total += weight * float(np.array(signal.values)[inside].mean()) / FULL
    return float(np.clip(total, -1, 1)) if measured else None


def _voice(said: Observation, speech: Findings) -> tuple[Observation, float, float] | None:
    """The prosody of an utterance, with its loudness and range of pitch against the usual; none if not known."""
    voices = speech.events("prosody")
    own = next((o for o in voices if abs(o.start_s - said.start_s) < 1e-6), None)
    if own is None or len(voices) < USUAL_NEEDS:
        return None
    loudness = [_mean(speech, "loudness", o) for o in voices]
    spread = [_spread(speech, "pitch", o) for o in voices]
    at = voices.index(own)
    return own, loudness[at] / max(np.median(loudness), 1e-6), spread[at] / max(np.median(spread), 1e-6)


def _face_against_voice(
    said: Observation, person: str, action_units: Findings, speech: Findings, found: Findings
) -> None:
    """A clear expression with a flat voice."""
    face = face_valence([s for s in action_units.signals if s.person == person], said.start_s, said.end_s)
    voice = _voice(said, speech)
    if face is None or voice is None or abs(face) < FACE_CLEARLY:
        return
    own, loud, wide = voice
    if loud < FLAT and wide < FLAT:
        found.event(
            person,
            "incongruity",
            said.start_s,
            said.end_s,
            value=round(face, 2),
            unit="valence of the face",
            text=f"{person}'s face is {'positive' if face > 0 else 'negative'} ({face:+.1f}) while the voice is flat "
            f"and soft for this clip ({own.id})",
            confidence=0.35,
            quality=own.quality,
        )


def _against_voice(said: Observation, person: str | None, speech: Findings, found: Findings) -> None:
    """Strong words in a flat voice, or words of no valence in a lively one."""
    voice = _voice(said, speech)
    if voice is None:
        return
    own, loud, wide = voice
    words = abs(said.value or 0.0)
    flat, lively = loud < FLAT and wide < FLAT, loud > LIVELY and wide > LIVELY
    if (words >= WORDS_SAY and flat) or (words < WORDS_SAY / 3 and lively):
        who = f"{person}'s" if person else "the"
        strong = f"{'positive' if (said.value or 0) > 0 else 'negative'}" if words >= WORDS_SAY else "neutral"
        sound = "flat and soft" if flat else "lively and loud"
        found.event(
            person,
            "incongruity",
            said.start_s,
            said.end_s,
            value=round(float(loud), 2),
            unit="loudness against the usual",
            text=f"{who} words are {strong} ({said.value or 0:+.1f}, {said.id}) while the voice is {sound} for this "
            f"clip ({own.id})",
            confidence=0.35,
            quality=own.quality,
        )


def _mean(speech: Findings, name: str, over: Observation) -> float:
    values = _values(speech, name, over)
    return float(values.mean()) if len(values) else 0.0


def _spread(speech: Findings, name: str, over: Observation) -> float:
    """Spread of a positive series as a share of its median."""
    values = _values(speech, name, over)
    return float(values.std() / np.median(values)) if len(values) else 0.0


def _values(speech: Findings, name: str, over: Observation) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    for signal in speech.signals:
        if signal.name == name:
            times_s = signal.times()
            return np.array(signal.values)[(times_s >= over.start_s) & (times_s < over.end_s)]
    return np.array([])


def _unit(kind: str) -> int:
    digits = kind.removeprefix("au")
    return int(digits) if digits.isdigit() else -1
