"""When someone speaks, by the words' times or else by the sound, for tools that must not take speech for expression."""

from functools import lru_cache

from perception.clip import Clip
from perception.voice_activity import RATE_HZ, loud_stretches, silero_is_here, spoken_stretches


@lru_cache(maxsize=8)
def speaking_s(clip: Clip) -> tuple[tuple[float, float], ...]:
    """Start and end in seconds of the utterances; of voice (or of sound, without Silero) where no times are given."""
    if clip.transcript and all(u.timed for u in clip.transcript):
        return tuple((u.start_s, u.end_s) for u in clip.transcript)
    samples = clip.audio(RATE_HZ)
    if samples is None:
        return tuple((u.start_s, u.end_s) for u in clip.transcript)
    return tuple(spoken_stretches(samples) if silero_is_here() else loud_stretches(samples))
