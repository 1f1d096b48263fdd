"""A report as one self-contained page: plots and lanes on one time axis, claims linked to their evidence."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from agents.claims import LEVELS
from agents.report import Report
from perception.evidence import Signal
from reports.model_account import model_account

TEMPLATES = Path(__file__).parent / "templates"
MOST_POINTS = 1500  # of a curve: more can't be seen; extremes of each stretch are kept
GAP_STEPS = 3.0  # of a signal's usual step: a longer one is a hole
PLOTS: dict[str, Callable[[str], bool]] = {
    "Action units (FACS 0-5)": lambda name: name.startswith("AU") and name[2:].isdigit(),
    "Head pose (degrees)": lambda name: name.startswith("head_"),
    "Pulse wave": lambda name: name == "pulse_wave",
}


def html(report: Report, library: str = "") -> str:
    """The page; it loads nothing from anywhere.

    Args:
        report: what is shown.
        library: name of a file beside the page that has `drawing_library`, for many pages that share it; in the page
            itself when empty.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    by_id = {o.id: o for o in report.evidence.observations}
    return environment.get_template("report.html.j2").render(
        report=report,
        account=model_account(report),
        levels=LEVELS,
        by_id=by_id,
        data=script_safe(_data(report)),
        library=library,
        plotly="" if library else drawing_library(),
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "report.js").read_text(encoding="utf-8"),
    )


def drawing_library() -> str:
    """The source of plotly.js, as the package plotly has it."""
    package: Any = import_module("plotly.offline")
    source: str = package.get_plotlyjs()
    return source


def _data(report: Report) -> dict[str, Any]:
    curves = []
    for title, belongs in PLOTS.items():
        for signal in report.evidence.signals:
            if belongs(signal.name):
                times, values = _thinned(signal)
                name = f"{signal.person} {signal.name}" if signal.person else signal.name
                curves.append({"plot": title, "name": name, "x": times, "y": values})
    spans = [
        {
            "lane": o.kind,
            "id": o.id,
            "person": o.person,
            "x": [o.start_s, o.end_s],
            "text": o.text,
            "sure": o.confidence,
        }
        for o in report.evidence.observations
    ]
    claims = [
        {"lane": c.level, "id": c.id, "x": [c.start_s, c.end_s], "text": f"{c.label}: {c.text}", "evidence": c.evidence}
        for c in report.claims
        if not c.abstained
    ]
    return {"duration": report.clip.duration_s, "curves": curves, "spans": spans, "claims": claims}


def _thinned(signal: Signal) -> tuple[list[float], list[float | None]]:
    """The signal with at most `MOST_POINTS` samples: the least and the greatest of each stretch.

    Where nothing was measured stands a sample without a value: no line is drawn across.
    """
    times, values = signal.times(), np.asarray(signal.values)
    steps = np.diff(times)
    breaks = times[:-1][steps > GAP_STEPS * np.median(steps)] if len(steps) else steps
    if len(values) > MOST_POINTS:
        kept = []
        for part in np.array_split(np.arange(len(values)), MOST_POINTS // 2):
            kept += sorted({int(part[values[part].argmin()]), int(part[values[part].argmax()])})
        times, values = times[kept], values[kept]
    at = np.searchsorted(times, breaks, side="right")
    drawn: list[float | None] = np.round(values, 3).tolist()
    xs = np.round(times, 3).tolist()
    for place, time_s in zip(at[::-1].tolist(), breaks[::-1].tolist(), strict=True):
        xs.insert(place, round(time_s, 3))
        drawn.insert(place, None)
    return xs, drawn


def script_safe(data: Any) -> str:
    """JSON that can't end the script element it stands in."""
    text = json.dumps(data, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026").replace("\u2028", "\\u2028")
