"""Fixtures that several packages' tests use: the shared clips and weights, and small clips of known content."""

import csv
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import measured_once
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from mentalis.demo import DemoClip, make_demo

collect_ignore = ["extension_package"]  # it has tests of its own, which a test of ours runs
SHARED = Path(__file__).resolve().parents[2] / "shared"
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # how fast a test is, on a busy machine, is no failure
settings.load_profile("untimed")
BITS = 6  # a picture tells its index by so many black and white cells: no codec and no palette blurs that


def pytest_configure(config: pytest.Config) -> None:
    """Clips are measured once for all tests and processes; what was measured goes with the run."""
    if (made := measured_once.begin()) is not None:
        config.add_cleanup(lambda: shutil.rmtree(made, ignore_errors=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that take longest begin, for several are run at a time: those of vLLM servers, then other slow ones."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.get_closest_marker("vllm") is None, item.path not in slow))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Real clips, weights and data, which are kept beside the checkout."""
    if not SHARED.is_dir():
        pytest.skip(f"real clips and weights are not here: {SHARED.name}/ beside the checkout")
    return SHARED


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Write a small clip and return its path: `make_clip("a.mp4", frames=24, rate=24)`; see `write_clip`."""
    return lambda name="clip.mp4", **content: write_clip(tmp_path / name, **content)


def picture(index: int, width: int = 64, height: int = 48) -> np.ndarray:
    """Grey with the index in cells across the middle, and a red top left corner that tells the orientation."""
    rgb = np.full((height, width, 3), 128, dtype=np.uint8)
    rgb[: height // 3, : width // 3] = (255, 0, 0)
    for bit in range(BITS):
        columns = slice(bit * width // BITS, (bit + 1) * width // BITS)
        rgb[height // 3 : 2 * height // 3, columns] = 255 * (index >> bit & 1)
    return rgb


def shown_index(rgb: np.ndarray) -> int:
    """Which picture this is (modulo 64), read from its cells."""
    height, width = rgb.shape[:2]
    cells = [rgb[height // 2, round((bit + 0.5) * width / BITS)].mean() > 128 for bit in range(BITS)]
    return sum(int(on) << bit for bit, on in enumerate(cells))


def write_clip(
    path: Path,
    *,
    frames: int = 24,
    rate: int = 24,
    size: tuple[int, int] = (64, 48),
    codec: str = "",
    times_s: list[float] | None = None,
    turned: int = 0,
    sound: np.ndarray | None = None,
    sound_from_s: float = 0.0,
    options: dict[str, str] | None = None,
) -> Path:
    """Write pictures 0, 1, 2, ... and perhaps a sound (16 kHz mono samples) as the container that the name says.

    `times_s` gives each picture's own time; `turned` is the display rotation, counterclockwise in degrees.
    """
    codecs = {".webm": ("libvpx-vp9", "yuv420p"), ".gif": ("gif", "rgb8"), ".avi": ("mpeg4", "yuv420p")}
    coder, pixels = (codec, "yuv420p") if codec else codecs.get(path.suffix, ("libx264", "yuv420p"))
    if size[0] % 2 or size[1] % 2:
        pixels = "yuv444p"
    with av.open(str(path), "w", options=options or {}) as file:
        stream: Any = file.add_stream(coder, rate=rate)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if turned:
            stream.set_display_rotation(turned)
        if times_s:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        if sound is not None:
            _write_sound(file, path, sound, sound_from_s)
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(index, *size), format="rgb24").reformat(format=pixels)
            frame.time_base = Fraction(1, 1000) if times_s else Fraction(1, rate)
            frame.pts = round(times_s[index] * 1000) if times_s else index
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _write_sound(file: Any, path: Path, sound: np.ndarray, from_s: float) -> None:
    stream = file.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48_000, layout="mono")
    samples = np.repeat(sound.astype(np.float32), 3)  # 16 kHz -> 48 kHz
    for at in range(0, len(samples) - 959, 960):
        frame = av.AudioFrame.from_ndarray(samples[None, at : at + 960], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = at + round(from_s * 48_000)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


@pytest.fixture(scope="session")
def mer2024_ov(shared: Path) -> tuple[list[Any], list[Any], list[Any]]:
    """MER2024-OV's official sample files: gold words, predicted words, groups of synonyms, in one order."""
    from evals.metrics.open_vocabulary import label_list, read_word_groups

    folder = shared / "data" / "mer2024_ov"
    if not folder.is_dir():
        pytest.skip("MER2024-OV's sample files (MERTools, MER2024/ov_store) are not here")

    def words(name: str) -> dict[str, Any]:
        with (folder / name).open(encoding="utf-8-sig", newline="") as rows:
            return {row["name"]: label_list(row["openset"]) for row in csv.DictReader(rows)}

    gold, predicted = words("check-openset.csv"), words("predict-openset.csv")
    groups = read_word_groups(folder / "openset-synonym.zip")
    return [gold[name] for name in groups], [predicted[name] for name in groups], list(groups.values())


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoClip:
    """The demo clip with its words and its truth, made once."""
    return make_demo(tmp_path_factory.mktemp("demo"))
