"""A known pulse put into the skin of a real clip, which is then coded again as H.264."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from mentalis.testing.synthetic_clip import PULSE_COLOUR, SKIN_OUTLINE
from perception.clip import Clip
from perception.face_track import FaceTrack

SOFT_EDGE_PX = 5.0
MILLISECONDS = Fraction(1, 1000)  # frames keep their own times


def inject_pulse(source: Path, track: FaceTrack, target: Path, *, bpm: float, share: float, crf: int = 18) -> None:
    """Write the clip's pictures with a pulse in one person's face.

    Args:
        source: a real clip.
        track: the face in it.
        target: where the new clip (H.264, no sound) goes.
        bpm: beats a minute.
        share: amplitude as a share of green; red and blue carry their part of it.
        crf: quality of the coding; larger is coarser.
    """
    import av
    import cv2

    clip = Clip.open(source)
    sample_at = {round(float(time_s), 3): n for n, time_s in enumerate(track.times_s)}
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=round(clip.fps))
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = MILLISECONDS
        stream.options = {"crf": str(crf), "preset": "veryfast"}
        for frame in clip.frames():
            rgb = frame.rgb.astype(np.float32)
            n = sample_at.get(round(frame.time_s, 3))
            if n is not None:
                skin = np.zeros(rgb.shape[:2], dtype=np.float32)
                cv2.fillPoly(skin, [track.landmarks[n][list(SKIN_OUTLINE), :2].astype(np.int32)], 1.0)
                skin = np.asarray(cv2.GaussianBlur(skin, (0, 0), SOFT_EDGE_PX))
                beat = share * np.sin(2 * np.pi * bpm / 60 * frame.time_s)
                rgb *= 1 + np.float32(beat) * skin[..., None] * PULSE_COLOUR
            picture = av.VideoFrame.from_ndarray(np.clip(rgb, 0, 255).astype(np.uint8), format="rgb24")
            picture.pts, picture.time_base = round(frame.time_s * 1000), MILLISECONDS
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
