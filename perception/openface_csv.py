"""Action units that OpenFace 2 has measured, read from the CSV that it writes (Baltrusaitis et al. 2018)."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from perception.errors import ToolError

Floats = npt.NDArray[np.floating]

UNIT_OF = {"AU45": 43}  # OpenFace calls closed eyes a blink whatever their length
NEEDED = ("timestamp", "confidence", "success", "AU12_r")


@dataclass(frozen=True)
class OpenFaceTrack:
    """One face of an OpenFace CSV in the n frames in which it was tracked."""

    face_id: int
    times_s: Floats  # (n,)
    confidence: Floats  # (n,) in [0, 1]
    intensities: dict[int, Floats]  # (n,) FACS 0-5 of each unit
    nose_px: Floats | None  # (n, 2) tip of the nose, when the file has landmarks


def read_openface(path: Path) -> list[OpenFaceTrack]:
    """The faces of a CSV by OpenFace 2's FeatureExtraction or FaceLandmarkVidMulti.

    Raises:
        ToolError: no such file, or not such a CSV; the line says which column or row is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            columns = [name.strip() for name in reader.fieldnames or ()]
            rows = [dict(zip(columns, row.values(), strict=False)) for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(f"{path}: OpenFace's CSV can't be read ({error}); write it beside the clip") from error
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        raise ToolError(f"{path} is no CSV of OpenFace 2: it has no column {missing[0]}")
    units = {
        name: UNIT_OF.get(name[:-2], int(name[2:-2])) for name in columns if name[2:-2].isdigit() and name[-2:] == "_r"
    }
    try:
        tracked = [row for row in rows if float(row["success"] or 0) == 1]
        ids = sorted({int(float(row.get("face_id") or 0)) for row in tracked})
        return [_track(i, [r for r in tracked if int(float(r.get("face_id") or 0)) == i], units) for i in ids]
    except (TypeError, ValueError) as error:
        raise ToolError(f"{path} is no whole CSV of OpenFace 2: {error}") from error


def _track(face_id: int, rows: list[dict[str, str]], units: dict[str, int]) -> OpenFaceTrack:
    def column(name: str) -> Floats:
        return np.array([float(row[name]) for row in rows])

    landmarks = "x_30" in rows[0] and "y_30" in rows[0]  # the tip of the nose among the 68 points
    return OpenFaceTrack(
        face_id=face_id,
        times_s=column("timestamp"),
        confidence=np.clip(column("confidence"), 0, 1),
        intensities={au: np.clip(column(name), 0, 5) for name, au in units.items()},
        nose_px=np.stack([column("x_30"), column("y_30")], axis=1) if landmarks else None,
    )
