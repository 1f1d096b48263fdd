"""When someone speaks, by the transcript or else by the sound, for tools that must not take speech for expression."""

from functools import lru_cache

from perception.clip import Clip
from perception.voice_activity import RATE_HZ, loud_stretches


@lru_cache(maxsize=8)
def speaking_s(clip: Clip) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of the utterances; without a transcript, of sound above the background."""
    if clip.transcript:
        return tuple((u.start_s, u.end_s) for u in clip.transcript)
    samples = clip.audio(RATE_HZ)
    return () if samples is None else tuple(loud_stretches(samples))
