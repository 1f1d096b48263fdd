"""The pulse: generated clips with a known one, and a real clip into whose skin one is put."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from evals.metrics import heart_rate
from mentalis.testing.injected_pulse import inject_pulse
from mentalis.testing.synthetic_clip import Action, Script, render
from perception.clip import Clip
from perception.faces import faces
from perception.pulse_findings import Pulse
from perception.pulse_methods import GRID_HZ, METHODS
from perception.pulse_networks import load, source_of
from perception.pulse_reading import read_pulse
from perception.rppg import SHORTEST_S, pulse_in, skin_of
from perception.skin_traces import even_trace

SKIN_TONES = {"light": (1.0, 1.0, 1.0), "medium": (0.72, 0.62, 0.55), "dark": (0.45, 0.36, 0.30)}
RATES_BPM = (48.0, 66.0, 90.0, 120.0, 150.0)
CODINGS = (16, 20)  # x264's crf; by 23, its default, dark skin's pulse of 1 % is coded away
DISTURBANCES: dict[str, dict[str, Any]] = {
    "motion": {"sway_px": 4.0, "actions": (Action("nod", 4, 5.5), Action("smile", 7, 9), Action("blink", 2, 2.3))},
    "flicker": {"flicker": (1.7, 0.01)},
    "noise": {"noise_sd": 4.0},
}
SHARES, INJECTED_BPM, INJECTED_CODINGS = (0.005, 0.01, 0.02), (55.0, 72.0, 89.0, 106.0, 123.0, 140.0), (18, 26)


class Case(NamedTuple):
    """A generated clip and the condition that it belongs to."""

    condition: str
    script: Script


@dataclass(frozen=True)
class Measured:
    """What was found in one clip: each engine's rate and wave, and what the tool reports."""

    condition: str
    true_bpm: float
    bpm: dict[str, float]
    snr_db: dict[str, float]
    reported_bpm: dict[str, float]  # by the fused engines; those that abstain are absent


def generated() -> list[Case]:
    """Every tone, rate and coding without disturbance, and as many clips again with one of them each."""
    kinds = cycle(DISTURBANCES.items())
    cases = []
    for seed, (tone, crf, bpm) in enumerate(product(SKIN_TONES, CODINGS, RATES_BPM)):
        plain: dict[str, Any] = {
            "seconds": 12.0,
            "size": 320,
            "wall": 0.25,
            "skin_tone": SKIN_TONES[tone],
            "pulse_bpm": bpm,
        }
        plain |= {"pulse_share": 0.01, "crf": crf, "seed": seed}
        kind, disturbance = next(kinds)
        cases += [Case(f"clean, crf {crf}", Script(**plain)), Case(f"{kind}, crf {crf}", Script(**plain | disturbance))]
    return cases


def on_generated(case: Case, networks: Sequence[str] = ()) -> Measured:
    """Render a clip and measure it by all methods, by these networks, and by both together."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        render(case.script, path)
        return _measured(path, case.condition, case.script.pulse_bpm or 0.0, networks)


def on_injected(source: Path, networks: Sequence[str] = (), every: int = 1) -> list[Measured]:
    """Put pulses into a real clip and measure each: all of them, or every second, third ... one."""
    clip = Clip.open(source)
    (track, *_) = faces(max_faces=1)(clip, frames=clip.frames()).value  # type: ignore[union-attr]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        for crf, share, bpm in islice(product(INJECTED_CODINGS, SHARES, INJECTED_BPM), 0, None, every):
            inject_pulse(source, track, path, bpm=bpm, share=share, crf=crf)
            rows.append(_measured(path, f"{share:.1%}, crf {crf}", bpm, networks))
    return rows


def fused_engines(networks: Sequence[str]) -> list[str]:
    """The default, and each network together with it."""
    return ["fused", *(f"fused+{network}" for network in networks)]


def _measured(path: Path, condition: str, true_bpm: float, networks: Sequence[str]) -> Measured:
    clip = Clip.open(path)
    traces = skin_of(clip, [load(source_of(network)) for network in networks]).values()
    trace = max(traces, key=lambda t: len(t.times_s), default=None)
    window = max(trace.windows(SHORTEST_S), key=lambda w: w.stop - w.start, default=None) if trace else None
    skin = even_trace(trace, window) if trace and window else None
    if trace is None or window is None or skin is None:
        return Measured(condition, true_bpm, {}, {}, {})
    fused = fused_engines(networks)
    readings = {engine: read_pulse([skin], engine) for engine in (*fused, *METHODS, *networks)}
    found = {engine: reading for engine, reading in readings.items() if reading is not None}
    told = {engine: pulse_in(clip, [trace], window, engine) for engine in fused}
    return Measured(
        condition=condition,
        true_bpm=true_bpm,
        bpm={engine: reading.rate.bpm for engine, reading in found.items()},
        snr_db={engine: heart_rate.snr_db(reading.wave, true_bpm, GRID_HZ) for engine, reading in found.items()},
        reported_bpm={engine: p.reading.rate.bpm for engine, p in told.items() if isinstance(p, Pulse)},
    )


def scores(rows: Sequence[Measured], networks: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A row for each condition and engine; the last columns are what the tool reports by its fused engines."""
    table, fused_ones = [], fused_engines(networks)
    for condition in dict.fromkeys(row.condition for row in rows):
        of_condition = [row for row in rows if row.condition == condition]
        singles = {engine: _mae(of_condition, engine) for engine in (*METHODS, *networks)}
        for engine in (*fused_ones, *singles):
            inside = [row for row in of_condition if engine in row.bpm]
            if not inside:
                continue
            true = np.array([row.true_bpm for row in inside])
            found = np.array([row.bpm[engine] for row in inside])
            fused = engine in fused_ones
            rivals = {s: mae for s, mae in singles.items() if s in METHODS or s in engine.split("+")}
            table.append(
                {
                    "what": f"{condition}: {engine}",
                    "clips": f"{len(inside)} of {len(of_condition)}",
                    "MAE_bpm": round(heart_rate.mae(true, found).value, 2),
                    "RMSE_bpm": round(heart_rate.rmse(true, found).value, 2),
                    "MAPE_%": round(heart_rate.mape(true, found).value, 2),
                    "Pearson": round(heart_rate.pearson(true, found).value, 3) if len(inside) > 2 else "",
                    "SNR_dB": round(float(np.mean([row.snr_db[engine] for row in inside])), 1),
                    "over_best_single": round(_mae(inside, engine) - min(rivals.values()), 2) if fused else "",
                    **(_reported(of_condition, engine) if fused else {"abstained_%": "", "reported_MAE_bpm": ""}),
                }
            )
    return table


def _mae(rows: Sequence[Measured], engine: str) -> float:
    errors = [abs(row.bpm[engine] - row.true_bpm) for row in rows if engine in row.bpm]
    return float(np.mean(errors)) if errors else float("inf")


def _reported(rows: Iterable[Measured], engine: str) -> dict[str, Any]:
    rows = list(rows)
    errors = [abs(row.reported_bpm[engine] - row.true_bpm) for row in rows if engine in row.reported_bpm]
    return {
        "abstained_%": round(100 * (1 - len(errors) / len(rows))),
        "reported_MAE_bpm": round(float(np.mean(errors)), 2) if errors else "",
    }
