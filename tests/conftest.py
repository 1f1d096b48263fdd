"""Fixtures that several packages' tests use: the shared clips and weights, and small clips of known content."""

import csv
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
