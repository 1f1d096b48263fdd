"""How well found events fit true ones."""

from collections.abc import Sequence

from perception.evidence import Observation


def event_f1(true: Sequence[tuple[float, float]], found: Sequence[Observation], overlap: float = 0.5) -> float:
    """F1 of events that overlap (intersection over union) by so much, each used once."""
    return 2 * len(matched(true, found, overlap)) / (len(true) + len(found)) if true or found else 1.0


def matched(
    true: Sequence[tuple[float, float]], found: Sequence[Observation], overlap: float = 0.5
) -> list[tuple[tuple[float, float], Observation]]:
    """Each true event with the found one that overlaps it most, if it does by so much; each is used once."""
    free, pairs = list(found), []
    for start_s, end_s in true:
        best = max(free, key=lambda o: _overlap((start_s, end_s), o), default=None)
        if best is not None and _overlap((start_s, end_s), best) >= overlap:
            free.remove(best)
            pairs.append(((start_s, end_s), best))
    return pairs


def _overlap(true: tuple[float, float], found: Observation) -> float:
    shared = min(true[1], found.end_s) - max(true[0], found.start_s)
    return max(0.0, shared) / (max(true[1], found.end_s) - min(true[0], found.start_s))
