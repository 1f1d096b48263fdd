"""Pixels of a picture made unrecognisable: solid, in coarse blocks, or blurred.

How coarse was measured on real clips: of 46 pictures, MediaPipe's detectors still found the face of 20 in 8 blocks
and of 28 blurred by 0.1 face widths, and none in 3 blocks or blurred by 0.2.
"""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from perception.deidentify.covering import Cover, grown
from perception.tracking import Box

Picture = npt.NDArray[np.uint8]
Hiding = Literal["mask", "pixelate", "blur"]

MARGIN, ABOVE = 0.25, 0.3  # face sizes around a detector's box, and further above it: ears, chin, hair line
BLOCKS = 3  # across a face
BLUR = 0.3  # face widths, standard deviation
THINNED_DEVIATION = 8.0  # px
FILL = (40, 40, 40)
FONT_SHARE = 0.035  # of the picture's height


def hidden(rgb: Picture, cover: Cover, method: Hiding) -> Picture:
    """A copy of a picture (height, width, 3) of which a part is covered."""
    out = rgb.copy()
    if cover.whole:
        out[:] = FILL
        return out
    for box in cover.boxes:
        rows, columns = _pixels(_with_margin(box), rgb)
        part = out[rows, columns]
        if part.size:
            out[rows, columns] = FILL if method == "mask" else _coarse(part, box, method)
    for box in cover.solid:
        out[_pixels(_with_margin(box), rgb)] = FILL
    return out


def tagged(rgb: Picture, text: str) -> Picture:
    """The picture with a text burnt in at its lower left; drawn in place."""
    import cv2

    size = max(0.35, FONT_SHARE * rgb.shape[0] / 22)  # the font is 22 px high at size 1
    at = (max(2, rgb.shape[1] // 100), rgb.shape[0] - max(4, rgb.shape[0] // 60))
    reach = max(1, round(size))
    around = [(x, y) for x in (-reach, 0, reach) for y in (-reach, 0, reach) if (x, y) != (0, 0)]
    for x, y in (*around, (0, 0)):  # moved, not drawn thicker: a thicker text is a wider one in OpenCV 5
        colour = (0, 0, 0) if x or y else (255, 255, 255)
        cv2.putText(rgb, text, (at[0] + x, at[1] + y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
    return rgb


def _with_margin(box: Box) -> Box:
    around = grown(box, MARGIN)
    return around._replace(top=around.top - ABOVE * (box.bottom - box.top))


def _pixels(box: Box, rgb: Picture) -> tuple[slice, slice]:
    height, width = rgb.shape[:2]
    return (
        slice(max(0, int(box.top)), max(0, min(height, int(np.ceil(box.bottom))))),
        slice(max(0, int(box.left)), max(0, min(width, int(np.ceil(box.right))))),
    )


def _coarse(part: Picture, box: Box, method: Hiding) -> Any:
    import cv2

    height, width = part.shape[:2]
    face_px = box.right - box.left
    if method == "blur":
        deviation = max(1.0, BLUR * face_px)
        step = max(1.0, deviation / THINNED_DEVIATION)  # as smooth, and quicker by the square of it
        thin = cv2.resize(part, (max(1, int(width / step)), max(1, int(height / step))), interpolation=cv2.INTER_AREA)
        thin = cv2.GaussianBlur(thin, (0, 0), deviation / step, borderType=cv2.BORDER_REPLICATE)
        return cv2.resize(thin, (width, height), interpolation=cv2.INTER_LINEAR)
    block = max(1.0, face_px / BLOCKS)
    small = cv2.resize(part, (max(1, int(width / block)), max(1, int(height / block))), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
