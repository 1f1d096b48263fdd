"""Which moments of a clip a model is shown."""

from itertools import zip_longest

from perception.evidence import Evidence

GESTURE_TOOLS = ("micro_gestures", "head_gestures")


def choose_times(evidence: Evidence, count: int, *, uniform: bool = False) -> tuple[float, ...]:
    """Times worth showing, in order and rounded to 0.01 s.

    Apexes of the strongest events (gestures' middles), where someone begins to speak, then evenly spread times; with
    `uniform` only these.
    """
    even = [round(evidence.duration_s * (n + 0.5) / count, 2) for n in range(count)]
    apart_s = evidence.duration_s / (2 * count)
    chosen: list[float] = []
    for time_s in (*(() if uniform else telling_times(evidence, count)), *even):
        if len(chosen) < count and all(abs(time_s - other) >= apart_s for other in chosen):
            chosen.append(time_s)
    return tuple(sorted(chosen))


def telling_times(evidence: Evidence, count: int) -> list[float]:
    """Where something happened, the strongest first; at most half of the frames, a quarter for changes of utterance."""
    by_strength = sorted(evidence.observations, key=lambda o: (-o.confidence * o.quality, o.start_s))
    events = [o.apex_s for o in by_strength if o.apex_s is not None]
    gestures = [(o.start_s + o.end_s) / 2 for o in by_strength if o.tool in GESTURE_TOOLS]
    turns = [o.start_s for o in evidence.of("utterance")][1:]
    strongest = [time_s for pair in zip_longest(events, gestures) for time_s in pair if time_s is not None]
    return [round(t, 2) for t in (*strongest[: count // 2], *turns[: count // 4])]


def even_times(duration_s: float, count: int) -> tuple[float, ...]:
    """The times of a video of so many pictures at an even rate, from the clip's beginning."""
    return tuple(round(duration_s * n / count, 2) for n in range(count))
