"""Speech: the words with their lexical valence, and when there is sound."""

from perception.clip import Clip
from perception.evidence import Findings
from perception.lexicon import is_english, valence
from perception.tool import Run, tool
from perception.voice_activity import RATE_HZ, loud_stretches

MOST_CHARACTERS = 160  # of an utterance in one line of evidence
LEXICAL = 0.6  # confidence of a lexicon's valence: it knows words, not irony


@tool(needs=(), version="1")
def speech() -> Run:
    """Take the words from the transcript, their valence from a lexicon (English), and voice activity from loudness."""

    def run(clip: Clip) -> Findings:
        found = Findings()
        _words(clip, found)
        _sound(clip, found)
        return found

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


def _sound(clip: Clip, found: Findings) -> None:
    samples = clip.audio(RATE_HZ)
    if samples is None:
        found.abstain(None, "the clip has no sound")
        return
    stretches = [(a, min(b, clip.duration_s)) for a, b in loud_stretches(samples) if a < clip.duration_s]
    if not stretches:
        found.abstain(None, "nothing is louder than the background")
    for start_s, end_s in stretches:
        text = "there is sound louder than the background (voice or not)"
        found.event(None, "voice_activity", start_s, end_s, text=text, confidence=0.5, quality=0.5)
