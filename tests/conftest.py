"""Fixtures that several packages' tests use: the shared clips and weights, and small clips of known content."""

from collections.abc import Callable
from pathlib import Path

import pytest
from clip_making import write_clip

from mentalis.demo import DemoClip, make_demo

collect_ignore = ["extension_package"]  # it has tests of its own, which a test of ours runs
SHARED = Path(__file__).resolve().parents[2] / "shared"


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


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoClip:
    """The demo clip with its words and its truth, made once."""
    return make_demo(tmp_path_factory.mktemp("demo"))
