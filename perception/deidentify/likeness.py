"""How alike the faces of two clips are to an encoder of faces that the user brings."""

import importlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from perception.clip import Clip
from perception.deidentify.detectors import Look
from perception.errors import DeidentifyError
from perception.evidence import Frozen, Number
from perception.frame import Frame
from perception.tracking import Box

Picture = npt.NDArray[np.uint8]
Encoder = Callable[[Picture], npt.NDArray[np.floating]]  # (faces, 112, 112, 3) RGB -> (faces, dimensions)
CROP_PX = 112  # ArcFace's (Deng et al. 2019)
MOST_CROPS = 64
MARGIN = 0.2  # face sizes


class Likeness(Frozen):
    """Cosine similarity of face embeddings."""

    faces: int
    before_and_after: Number  # the same face in the clip and in its export, mean
    most: Number  # of any face
    before_and_before: Number | None  # neighbouring pictures of the clip: what the same face looks like to the encoder


def load_encoder(reference: str) -> Encoder:
    """The function that `module:function` names.

    Raises:
        DeidentifyError: there is none.
    """
    module, _, name = reference.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise DeidentifyError(f"--encoder {reference!r}: {error}; give it as module:function") from error
    if not callable(found):
        raise DeidentifyError(f"--encoder {reference!r} is no function of face crops (N, H, W, 3)")
    return found  # type: ignore[no-any-return]


def likeness(clip: Clip, exported: Clip, looks: Sequence[Look], encoder: Encoder) -> Likeness | None:
    """Compare each face of the clip with what is in its place in the export; none where no face was found.

    Raises:
        DeidentifyError: the encoder does not return one finite embedding for each face.
    """
    seen = [look for look in looks if look.mediapipe]
    chosen = [seen[n] for n in np.unique(np.linspace(0, len(seen) - 1, MOST_CROPS).astype(int))] if seen else []
    if not chosen:
        return None
    times_s = [look.time_s for look in chosen]
    both = [
        _embedded(
            [_crop(frame, look.mediapipe[0]) for frame, look in zip(one.frames_at(times_s), chosen, strict=True)],
            encoder,
        )
        for one in (clip, exported)
    ]
    alike = (both[0] * both[1]).sum(axis=1)
    own = (both[0][1:] * both[0][:-1]).sum(axis=1)
    return Likeness(
        faces=len(chosen),
        before_and_after=round(float(alike.mean()), 3),
        most=round(float(alike.max()), 3),
        before_and_before=round(float(own.mean()), 3) if len(own) else None,
    )


def _embedded(crops: list[Picture], encoder: Encoder) -> npt.NDArray[np.float64]:
    """Embeddings of unit length, shape (faces, dimensions)."""
    given = np.asarray(encoder(np.stack(crops)), dtype=np.float64)
    if given.ndim != 2 or len(given) != len(crops) or not np.isfinite(given).all():
        raise DeidentifyError(
            f"the encoder gave {given.shape} for {len(crops)} faces; (faces, dimensions) is asked for"
        )
    return np.asarray(given / np.maximum(np.linalg.norm(given, axis=1, keepdims=True), 1e-12))


def _crop(frame: Frame, box: Box) -> Picture:
    import cv2

    height, width = frame.rgb.shape[:2]
    x, y = MARGIN * (box.right - box.left), MARGIN * (box.bottom - box.top)
    left, top = max(0, int(box.left - x)), max(0, int(box.top - y))
    right, bottom = min(width, int(box.right + x) + 1), min(height, int(box.bottom + y) + 1)
    part = frame.rgb[min(top, height - 1) : max(bottom, top + 1), min(left, width - 1) : max(right, left + 1)]
    return np.asarray(cv2.resize(part, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)
