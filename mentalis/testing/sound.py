"""Sound for test clips: spoken words of known time and pitch (by espeak-ng, where installed), laid under pictures."""

import io
import shutil
import subprocess
import wave
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mentalis.testing.synthetic_clip import Action

Samples = npt.NDArray[np.float32]

RATE_HZ = 16_000
CODED_HZ = 48_000


def espeak_is_here() -> bool:
    """Whether espeak-ng is installed (Debian's package of that name)."""
    return shutil.which("espeak-ng") is not None


def say(text: str, *, pitch: int = 50, loudness: int = 100, words_per_min: int = 160) -> Samples:
    """The words as spoken by espeak-ng, mono at 16 kHz in [-1, 1].

    Args:
        text: English.
        pitch: 0-99, espeak's scale.
        loudness: 0-200, espeak's scale.
        words_per_min: pace.
    """
    from scipy.signal import resample_poly

    command = ["espeak-ng", "--stdout", "-p", str(pitch), "-a", str(loudness), "-s", str(words_per_min), text]
    spoken = subprocess.run(command, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(spoken)) as file:
        rate, samples = file.getframerate(), np.frombuffer(file.readframes(-1), dtype=np.int16)
    common = np.gcd(rate, RATE_HZ)
    return np.asarray(resample_poly(samples / 32768, RATE_HZ // common, rate // common), dtype=np.float32)


def laid_out(parts: Sequence[tuple[float, Samples]], seconds: float, noise: float = 0.0005) -> Samples:
    """Each part from its time on, in a sound of so many seconds with a little noise."""
    sound = np.random.default_rng(0).normal(0, noise, round(seconds * RATE_HZ)).astype(np.float32)
    for start_s, part in parts:
        first = round(start_s * RATE_HZ)
        room = sound[first : first + len(part)]
        room += part[: len(room)]
    return sound


def talking_lips(start_s: float, lasts_s: float) -> list[Action]:
    """Lips that part four times a second for so long, to be rendered under a voice."""
    return [
        Action("jaw_drop", float(at_s), float(at_s) + 0.18, 0.07, 0.07, 0.8)
        for at_s in np.arange(start_s, start_s + lasts_s - 0.2, 0.25)
    ]


def add_sound(clip: Path, sound: Samples, target: Path) -> None:
    """Write the clip's pictures, as they are, with a sound."""
    import av

    with av.open(str(clip)) as source, av.open(str(target), "w") as out:
        pictures: Any = out.add_stream_from_template(source.streams.video[0])
        voice: Any = out.add_stream("aac", rate=CODED_HZ, layout="mono")
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                out.mux(packet)
        samples = np.repeat(sound, CODED_HZ // RATE_HZ)
        for at in range(0, len(samples) - 1023, 1024):
            frame = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = CODED_HZ, at, Fraction(1, CODED_HZ)
            out.mux(voice.encode(frame))
        out.mux(voice.encode(None))
