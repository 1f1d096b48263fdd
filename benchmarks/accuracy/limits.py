"""What we promise of the tables, beside what they show."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Tables = dict[str, list[dict[str, Any]]]
Row = dict[str, Any]


class Limit(NamedTuple):
    """One promise about one table."""

    what: str
    table: str
    measured: Callable[[Sequence[Row]], float]
    at_least: float | None = None
    at_most: float | None = None


def _worst(
    column: str, most: bool, *, only: Callable[[Row], bool] = lambda row: True
) -> Callable[[Sequence[Row]], float]:
    def of(rows: Sequence[Row]) -> float:
        values = [float(row[column]) for row in rows if row.get(column) not in ("", None) and only(row)]
        return (max if most else min)(values)

    return of


def _clean_abstained(rows: Sequence[Row]) -> float:
    shares = [float(row["abstained_%"]) for row in rows if row["what"].startswith("clean") and row["abstained_%"] != ""]
    return sum(shares) / len(shares)


PULSE, INJECTED = "pulse of generated clips", "pulse put into a real clip"
UNITS, REAL_UNITS = "action units: event F1 at half overlap", "distances and the network's scores on a real clip"
CALLED_FOR = tuple(f"AU{au}" for au in (1, 2, 4, 12, 25, 26, 43))
LIMITS = (
    Limit(
        "pulse, generated: MAE where it speaks, worst condition, bpm",
        PULSE,
        _worst("reported_MAE_bpm", True),
        at_most=1.5,
    ),
    Limit("pulse, generated: abstains on the clean half, %", PULSE, _clean_abstained, at_most=20.0),
    Limit(
        "pulse, in a real clip: MAE where it speaks, worst condition, bpm",
        INJECTED,
        _worst("reported_MAE_bpm", True),
        at_most=1.5,
    ),
    Limit(
        "pulse, in a real clip: fused over the best single one, worst condition, bpm",
        INJECTED,
        _worst("over_best_single", True),
        at_most=0.3,
    ),
    Limit("action units: event F1 by distances, worst unit", UNITS, _worst("F1_geometry", False), at_least=0.8),
    Limit("action units: event F1 by blendshapes, worst unit", UNITS, _worst("F1_blendshapes", False), at_least=0.8),
    Limit("action units: r of distances with scores, worst unit", UNITS, _worst("r_with_score", False), at_least=0.6),
    Limit(
        "action units: the same on a real clip, units called for that move",
        REAL_UNITS,
        _worst("r", False, only=lambda row: row["moves"] and row["what"] in CALLED_FOR),
        at_least=0.6,
    ),
    Limit("micro-expressions: event F1, worst clip", "micro-expressions: event F1", _worst("F1", False), at_least=0.9),
    Limit(
        "micro-gestures: event F1, worst gesture",
        "micro-gestures: event F1 at half overlap",
        _worst("worst_F1", False),
        at_least=0.9,
    ),
)


def limits(tables: Tables) -> list[Row]:
    """A row for each promise about a table that is there."""
    rows = []
    for limit in LIMITS:
        if limit.table in tables:
            measured = limit.measured(tables[limit.table])
            low, high = limit.at_least, limit.at_most
            holds = (low is None or measured >= low) and (high is None or measured <= high)
            bound = f"at least {low:g}" if low is not None else f"at most {high:g}"
            rows.append(
                {"what": limit.what, "measured": round(measured, 2), "limit": bound, "holds": "yes" if holds else "NO"}
            )
    return rows
