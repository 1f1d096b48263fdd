"""Quality: whether light, sharpness, face size, compression and frame rate let the other tools see."""

from collections.abc import Iterator
from typing import Literal

import numpy as np

from perception.clip import Clip
from perception.evidence import Findings
from perception.frame import Frame
from perception.tool import Run, tool

LOOK_EVERY_S = 0.2  # light and focus change slowly
ACROSS_PX = 160  # pictures are thinned out to about this width
DARK, BRIGHT = 40.0, 225.0  # mean luma of 0-255
BLURRED, SHARP = 20.0, 150.0  # variance of the Laplacian of a thinned-out picture
FEW_BITS = 0.03  # a pixel: below, fine movement and colour are coded away
SLOW_HZ = 15.0
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@tool(needs="frames", version="2", reads_words=False)
def quality(engine: Literal["pixels"] = "pixels") -> Run:
    """Say how well light, sharpness, compression and frame rate let other tools measure.

    Args:
        engine: `pixels`, brightness, detail and coding of the pictures.
    """

    def run(clip: Clip, frames: Iterator[Frame]) -> Findings:
        lumas, details, next_s = [], [], 0.0
        for frame in frames:
            if frame.time_s < next_s:
                continue
            next_s = frame.time_s + LOOK_EVERY_S
            step = max(1, frame.rgb.shape[1] // ACROSS_PX)
            grey = frame.rgb[::step, ::step].astype(np.float32) @ LUMA
            lumas.append(float(grey.mean()))
            details.append(_laplacian_variance(grey))
        found = Findings(notes={"engine": engine})
        luma, detail = float(np.median(lumas)), float(np.median(details))
        light = "too dark" if luma < DARK else "too bright" if luma > BRIGHT else "good"
        _say(found, clip, "light", luma, "luma 0-255", f"the light is {light} (mean {luma:.0f} of 255)")
        focus = "blurred" if detail < BLURRED else "sharp" if detail > SHARP else "fairly sharp"
        _say(found, clip, "sharpness", detail, "variance of the Laplacian", f"the picture is {focus}")
        rate = "too low for blinks and pulse" if clip.fps < SLOW_HZ else "enough for blinks and pulse"
        _say(found, clip, "frame_rate", clip.fps, "Hz", f"{clip.fps:.0f} frames/s are {rate}")
        bits = bits_a_pixel(clip)
        coded = "strongly" if bits < FEW_BITS else "moderately"
        _say(
            found,
            clip,
            "compression",
            bits,
            "bits per pixel",
            f"the clip is {coded} compressed ({bits:.2f} bits a pixel)",
        )
        return found

    return run


def bits_a_pixel(clip: Clip) -> float:
    """How much of the file there is for each pixel of each picture."""
    return 8 * clip.path.stat().st_size / clip.n_frames / (clip.width * clip.height)


def _say(found: Findings, clip: Clip, kind: str, value: float, unit: str, text: str) -> None:
    found.event(
        None, kind, 0.0, clip.duration_s, value=round(value, 4), unit=unit, text=text, confidence=0.9, quality=1.0
    )


def _laplacian_variance(grey: np.ndarray) -> float:
    if min(grey.shape) < 3:
        return 0.0
    middle = grey[1:-1, 1:-1]
    around = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
    return float((around - 4 * middle).var())
