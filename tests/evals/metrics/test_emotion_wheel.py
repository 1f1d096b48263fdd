"""Labels are compared on five wheels as published, and a file of wheels can't run code."""

import os

import numpy as np
import pytest

from evals.errors import DatasetError
from evals.metrics.emotion_wheel import ew_f1, hit_rate
from evals.metrics.wheel_files import WHEELS, EmotionWheels, read_wheels

# two wheels: on the second there is no fear
TWO = EmotionWheels(
    level1=({"joy": "happy", "glad": "happy", "fear": "scared"}, {"joy": "up", "glad": "up"}),
    level2=({"joy": "joyful", "glad": "content", "fear": "afraid"}, {"joy": "up", "glad": "up"}),
)


@pytest.fixture(scope="module")
def wheels(shared):
    file = shared / "data" / "emotion_wheels" / "wheel_mapping.npz"
    if not file.is_file():
        pytest.skip("MER2026's emotion wheels (MERTools, MER2026_Track2/emotion_wheel) are not here")
    return read_wheels(file)


def test_level_1_of_the_sample_files(mer2024_ov, wheels):
    gold, predicted, _ = mer2024_ov
    scores = ew_f1(gold, predicted, wheels)
    assert [round(m.value, 4) for m in scores.mean] == [0.5605, 0.5492, 0.5546]  # no official figure exists
    assert [round(wheel.f1.value, 4) for wheel in scores.by_wheel] == [0.5640, 0.5773, 0.5545, 0.5482, 0.5290]
    assert [wheel.f1.n for wheel in scores.by_wheel] == [327, 328, 324, 327, 316]
    assert round(scores.gold_in_vocabulary, 3) == 0.870
    assert scores.mean.f1.n == 332


def test_level_2_of_the_sample_files(mer2024_ov, wheels):
    gold, predicted, _ = mer2024_ov
    assert [round(m.value, 4) for m in ew_f1(gold, predicted, wheels, 2).mean] == [0.4480, 0.4048, 0.4246]


def test_where_basic_emotions_lie_on_the_real_wheels(wheels):
    where = {label: [words.get(label) for words in wheels.level1] for label in ("neutral", "happy", "surprise")}
    assert where["neutral"] == [None] * 5
    assert where["happy"][4] == "powerful"
    assert where["surprise"][3:] == ["fear", None]


def test_scores_on_two_wheels_by_hand():
    scores = ew_f1([["Joy ", "fear"], ["neutral"]], [["glad", "unheard of"], ["joy"]], TWO)
    first, second = scores.by_wheel
    assert [m.value for m in first] == pytest.approx([1, 1 / 2, 2 / 3]), "glad is joy; fear is missed"
    assert [m.value for m in second] == [1, 1, 1]
    assert scores.mean.f1.value == pytest.approx((2 / 3 + 1) / 2)
    assert (first.f1.n, scores.mean.f1.n) == (1, 2), "neutral lies on no wheel"
    assert scores.gold_in_vocabulary == pytest.approx(2 / 3)
    assert scores.predicted_in_vocabulary == pytest.approx(2 / 3)
    assert ew_f1([["joy"]], [["glad"]], TWO, 2).by_wheel[0].f1.value == 0, "they part at level 2"


def test_a_silent_sample_scores_nothing_and_is_reported():
    scores = ew_f1([["joy"], ["joy"]], [["joy"], None], TWO)
    assert scores.mean.f1.value == 0.5
    assert scores.mean.f1.coverage == 0.5


def test_a_hit_is_gold_among_whatever_was_said():
    rate = hit_rate(["joy", "fear", "neutral"], [["sad", "glad"], ["joy"], ["neutral"]], TWO)
    assert [(m.value, m.n) for m in rate.by_wheel] == [(0.5, 2), (1.0, 1)]
    assert rate.mean.value == 0.75
    assert hit_rate(["fear"], [["fear"]], TWO).mean.value == 1, "a wheel without gold is left out"
    with pytest.raises(ValueError, match="lies on a wheel"):
        hit_rate(["neutral"], [["neutral"]], TWO)


def written(file, **changed):
    """A file of wheels in which `glad` has the base form `joy`, whose synonyms are on no wheel, and on all."""
    arrays = {
        "format_mapping": {"glad": ["joy"]},
        "raw_mapping": {"joy": ["zest", "mirth", "absent"]},
        "wheel_map_whole": {w: {"level1": {"zest": "last", "mirth": "first"}, "level2": {"zest": "z"}} for w in WHEELS},
    } | changed
    np.savez_compressed(file, **{name: np.array(held, dtype=object) for name, held in arrays.items()})
    return file


def test_the_alphabetically_first_synonym_on_a_wheel_decides(tmp_path):
    wheels = read_wheels(written(tmp_path / "wheels.npz"))
    assert wheels.level1 == ({"glad": "first"},) * 5
    assert wheels.level2 == ({"glad": "z"},) * 5


class Intruder:
    def __reduce__(self):
        return os.mkdir, ("intruded",)


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=r"posix\.mkdir, which no dictionary needs"):
        read_wheels(written(tmp_path / "wheels.npz", raw_mapping=Intruder()))
    assert not (tmp_path / "intruded").exists()


@pytest.mark.parametrize("changed", [{"raw_mapping": {}}, {"format_mapping": ["glad"]}, {"wheel_map_whole": {}}])
def test_other_content_is_refused(tmp_path, changed):
    with pytest.raises(DatasetError, match="can't be read as MER2026's wheel_mapping"):
        read_wheels(written(tmp_path / "wheels.npz", **changed))
