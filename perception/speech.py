"""Speech: the words with their lexical valence, and when someone speaks."""

from typing import Literal

from perception.clip import Clip
from perception.errors import ToolError
from perception.evidence import Findings
from perception.lexicon import is_english, valence
from perception.tool import Run, tool
from perception.voice_activity import RATE_HZ, loud_stretches, silero_is_here, spoken_stretches

Detector = Literal["auto", "energy", "silero"]
MOST_CHARACTERS = 160  # of an utterance in one line of evidence
VOICE, LOUD = 0.85, 0.5  # confidence that someone speaks: by Silero's network, and by loudness alone
LEXICAL = 0.6  # confidence of a lexicon's valence: it knows words, not irony


@tool(needs=(), version="2")
def speech(voice_activity: Detector = "auto") -> Run:
    """Take the words from the transcript, their valence from a lexicon (English), and when someone speaks.

    Args:
        voice_activity: `silero` (a network that tells voice from other sound; the `neural` extra), `energy` (sound
            above the background, voice or not), or `auto`: Silero if it is installed.

    Raises:
        ToolError: Silero is asked for and not installed.
    """
    if voice_activity == "silero" and not silero_is_here():
        raise ToolError("speech.voice_activity=silero needs the neural extra: python scripts/install.py neural")
    detector = "silero" if voice_activity != "energy" and silero_is_here() else "energy"

    def run(clip: Clip) -> Findings:
        found = Findings(notes={"voice activity": detector})
        _words(clip, found)
        _sound(clip, detector == "silero", found)
        return found

    run.resolved = {"voice_activity": detector}  # type: ignore[attr-defined]
    return run


def _words(clip: Clip, found: Findings) -> None:
    if not clip.transcript:
        found.abstain(None, "no transcript was given")
        return
    english = is_english(" ".join(u.text for u in clip.transcript), clip.transcript_language)
    if not english:
        named = clip.transcript_language or "not surely English"
        found.abstain(None, f"no valence of the words: the language is {named}, the lexicon knows English")
    for u in clip.transcript:
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
            confidence=LEXICAL if score is not None else 0.9,
            quality=1.0,
        )


def _sound(clip: Clip, by_network: bool, found: Findings) -> None:
    samples = clip.audio(RATE_HZ)
    if samples is None:
        found.abstain(None, "the clip has no sound")
        return
    stretches = spoken_stretches(samples) if by_network else loud_stretches(samples)
    stretches = [(a, min(b, clip.duration_s)) for a, b in stretches if a < clip.duration_s]
    if not stretches:
        found.abstain(None, "no voice is heard" if by_network else "nothing is louder than the background")
    text = "someone speaks" if by_network else "there is sound louder than the background (voice or not)"
    sure = VOICE if by_network else LOUD
    for start_s, end_s in stretches:
        found.event(None, "voice_activity", start_s, end_s, text=text, confidence=sure, quality=sure)
