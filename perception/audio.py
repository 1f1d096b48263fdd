"""The clip's sound as one series in the clip's own time."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from perception.errors import CorruptClipError


def read_audio(path: Path, origin_s: float, rate_hz: int) -> npt.NDArray[np.float32]:
    """Mono samples in [-1, 1], shape (samples,); sample 0 sounds when the first frame is shown.

    Raises:
        CorruptClipError: the sound can't be decoded.
    """
    import av

    parts: list[npt.NDArray[np.float32]] = []
    start_s: float | None = None
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
            for frame in container.decode(audio=0):
                start_s = frame.time if start_s is None else start_s
                parts += [out.to_ndarray()[0] for out in resampler.resample(frame)]
            parts += [out.to_ndarray()[0] for out in resampler.resample(None)]
    except av.error.FFmpegError as error:
        raise CorruptClipError(f"the sound of {path} is damaged: {error.strerror}") from error
    samples = np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)
    lead = round(((start_s or 0.0) - origin_s) * rate_hz)
    return np.concatenate([np.zeros(lead, dtype=np.float32), samples]) if lead > 0 else samples[-lead:]
