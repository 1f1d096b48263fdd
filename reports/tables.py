"""A report's evidence as tables: tidy CSV, OpenFace's CSV, Parquet."""

import csv
import io
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from agents.report import Report
from perception.evidence import Signal

OPENFACE_AUS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)  # with intensity; 28 by presence only
PRESENT_FROM = 1.0  # intensity from which OpenFace's AU..._c is 1: slight (B) begins at 1.5, trace (A) at 0.5
SAME_FRAME_S = 0.004  # samples this close in time belong to one frame


def csv_text(report: Report) -> str:
    """Observations, claims and nothing else, one a row."""
    out = io.StringIO()
    columns = ("row", "id", "source", "kind", "person", "start_s", "apex_s", "end_s", "value", "unit", "confidence")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*columns, "quality", "evidence", "text"))
    for o in report.evidence.observations:
        times = (o.start_s, o.apex_s, o.end_s)
        row = (
            "observation",
            o.id,
            o.tool,
            o.kind,
            o.person,
            *times,
            o.value,
            o.unit,
            o.confidence,
            o.quality,
            "",
            o.text,
        )
        writer.writerow(_safe(row))
    for c in report.claims:
        times = (c.start_s, None, c.end_s)
        cited = " ".join(c.evidence)
        writer.writerow(
            _safe(("claim", c.id, c.level, c.label, c.person, *times, None, None, c.confidence, None, cited, c.text))
        )
    return out.getvalue()


def openface_csv(report: Report) -> str:
    """One row a face and frame with OpenFace 2's column names; what was not measured is an empty field.

    Rotations and gaze are radians with OpenFace's signs (camera axes: x right, y down, z away): its pitch is
    positive downwards, its yaw positive to the person's left, its roll positive clockwise in the picture.
    """
    columns = ["frame", "face_id", "timestamp", "confidence", "success", "gaze_angle_x", "gaze_angle_y"]
    columns += ["pose_Rx", "pose_Ry", "pose_Rz"]
    columns += [f"AU{n:02d}_r" for n in OPENFACE_AUS] + [f"AU{n:02d}_c" for n in (*OPENFACE_AUS[:-1], 28, 45)]
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in sorted(_openface_rows(report), key=lambda r: (r["timestamp"], r["face_id"])):
        writer.writerow(row)
    return out.getvalue()


def parquet_bytes(report: Report) -> bytes:
    """Signals, one sample a row: person, tool, signal, unit, time_s, value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    signals = report.evidence.signals
    counts = [len(s.values) for s in signals]

    def repeated(values: list[str | None]) -> pa.Array:
        known = sorted({value for value in values if value is not None})  # nobody's signal (a voice) has no person
        codes = [-1 if value is None else known.index(value) for value in values]
        indices = np.repeat(np.array(codes, dtype=np.int32), counts)
        return pa.DictionaryArray.from_arrays(pa.array(indices, mask=indices < 0), pa.array(known, pa.string()))

    table = pa.table(
        {
            "person": repeated([s.person for s in signals]),
            "tool": repeated([s.tool for s in signals]),
            "signal": repeated([s.name for s in signals]),
            "unit": repeated([s.unit for s in signals]),
            "time_s": pa.array(np.concatenate([s.times() for s in signals] or [np.empty(0)]), pa.float64()),
            "value": pa.array(np.concatenate([np.asarray(s.values) for s in signals] or [np.empty(0)]), pa.float64()),
        }
    ).replace_schema_metadata(
        {"clip_sha256": report.clip.sha256, "mentalis_version": report.provenance.mentalis_version}
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _openface_rows(report: Report) -> list[dict[str, Any]]:
    rows = []
    for number, person in enumerate(report.people):
        signals = {s.name: s for s in report.evidence.signals if s.person == person.id}
        base = signals.get("head_yaw") or signals.get("eye_openness") or next(iter(signals.values()), None)
        if base is None:
            continue
        times = base.times()
        sampled = {name: _at(signal, times) for name, signal in signals.items()}
        blinks = [(o.start_s, o.end_s) for o in report.evidence.of("blink", "au43", person=person.id)]
        visible = report.evidence.of("face_visible", person=person.id)
        for i, time_s in enumerate(times):
            seen = [o for o in visible if o.start_s <= time_s <= o.end_s]
            row: dict[str, Any] = {
                "frame": 1 + round(time_s * report.clip.fps),
                "face_id": number,
                "timestamp": f"{time_s:.4f}",
                "confidence": f"{max(o.quality for o in seen):.2f}" if seen else "",
                "success": 1,
            }
            radians = {"gaze_angle_x": ("gaze_x", 1), "gaze_angle_y": ("gaze_y", -1), "pose_Rx": ("head_pitch", -1)}
            radians |= {"pose_Ry": ("head_yaw", 1), "pose_Rz": ("head_roll", -1)}
            for column, (name, sign) in radians.items():
                if name in sampled and np.isfinite(sampled[name][i]):
                    row[column] = f"{sign * math.radians(sampled[name][i]):.4f}"
            for au in (*OPENFACE_AUS, 28):
                name = f"AU{au}"
                if name in sampled and np.isfinite(sampled[name][i]):
                    intensity = float(sampled[name][i])
                    if au != 28:
                        row[f"AU{au:02d}_r"] = f"{intensity:.2f}"
                    row[f"AU{au:02d}_c"] = int(intensity >= PRESENT_FROM)
            if "eye_openness" in sampled:
                row["AU45_c"] = int(any(start <= time_s < end for start, end in blinks))
            rows.append(row)
    return rows


def _at(signal: Signal, times_s: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The signal's own samples at these times, NaN where it has none."""
    own = signal.times()
    nearest = np.clip(np.searchsorted(own, times_s - SAME_FRAME_S), 0, len(own) - 1)
    values = np.asarray(signal.values)[nearest]
    return np.where(np.abs(own[nearest] - times_s) <= SAME_FRAME_S, values, np.nan)


def _safe(row: tuple[Any, ...]) -> list[Any]:
    """A row in which no text is a formula to a spreadsheet (words of a clip are not to be trusted)."""
    return [f"'{v}" if isinstance(v, str) and v.startswith(("=", "+", "-", "@", "\t")) else v for v in row]
