"""Confidences are scaled by a temperature that was fitted for this model and these labels, and by no other."""

from math import exp, log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.checking.calibration import Calibration, CalibrationError, load_calibrations, save_calibration, scaled
from agents.codebook import FOLDER, CodebookError, load_codebook

probabilities = st.floats(0, 1)
temperatures = st.floats(0.05, 20)


def fitted(codebook="basic", **changes):
    fields = {"temperature": 2.0, "n": 100, "fitted_on": "motor", "model": "tiny", "ece_before": 0.3, "ece_after": 0.1,
              "level": "emotion", "strategy": "cascade", "source": "label_probability"}  # fmt: skip
    return Calibration.model_validate({**fields, "codebook_sha256": load_codebook(str(codebook)).sha256, **changes})


def own_codebook(folder):
    path = folder / "mine.yaml"
    path.write_text((FOLDER / "basic.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return path


@given(probabilities, probabilities, temperatures)
@example(0.0, 1.0, 0.05)
def test_scaling_keeps_the_order_the_side_and_the_bounds(one, other, temperature):
    low, high = sorted((one, other))
    assert 0 < scaled(low, temperature) <= scaled(high, temperature) < 1
    assert scaled(0.5, temperature) == 0.5
    assert (scaled(one, temperature) > 0.5) <= (one > 0.5)
    assert scaled(one, 1) == pytest.approx(one, abs=2e-12)


def test_a_temperature_of_two_halves_the_logit():
    assert log(scaled(0.9, 2) / (1 - scaled(0.9, 2))) == pytest.approx(log(9) / 2)
    assert scaled(1 / (1 + exp(3)), 0.5) == pytest.approx(1 / (1 + exp(6)))


@pytest.mark.parametrize(("probability", "temperature"), [(1.1, 1), (-0.1, 1), (float("nan"), 1), (0.5, 0), (0.5, -1)])
def test_what_is_no_probability_or_temperature_is_refused(probability, temperature):
    with pytest.raises(ValueError, match="give one in"):
        scaled(probability, temperature)


def test_each_model_has_its_own_calibration_and_the_newest_counts(tmp_path):
    assert load_calibrations("basic", "tiny", "cascade", tmp_path) == ()
    save_calibration(fitted(), "basic", tmp_path)
    save_calibration(fitted(model="large", temperature=1.5), "basic", tmp_path)
    save_calibration(fitted(temperature=3.0), "basic", tmp_path)
    assert load_calibrations("basic", "tiny", "cascade", tmp_path) == (fitted(temperature=3.0),)
    assert load_calibrations("basic", "large", "cascade", tmp_path) == (fitted(model="large", temperature=1.5),)
    assert load_calibrations("basic", "other", "cascade", tmp_path) == ()
    assert load_calibrations("motor", "tiny", "cascade", tmp_path) == ()


def test_a_users_calibration_lies_beside_the_codebook_and_ends_with_a_change_of_labels(tmp_path):
    path, elsewhere = own_codebook(tmp_path), tmp_path / "data"
    assert save_calibration(fitted(path), str(path), elsewhere) == tmp_path / "mine.calibration.json"
    assert load_calibrations(str(path), "tiny", "cascade", elsewhere) == (fitted(path),)
    path.write_text(path.read_text(encoding="utf-8").replace("id: basic", "id: changed"), encoding="utf-8")
    assert load_calibrations(str(path), "tiny", "cascade", elsewhere) == ()


def test_what_can_not_be_used_is_said_in_one_line(tmp_path):
    with pytest.raises(CalibrationError, match="not for codebook motor"):
        save_calibration(fitted("basic"), "motor", tmp_path)
    with pytest.raises(CodebookError, match="no codebook"):
        load_calibrations("nothing", "tiny", "cascade", tmp_path)
    file = save_calibration(fitted(), "basic", tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace("2.0", "-2.0"), encoding="utf-8")
    with pytest.raises(CalibrationError, match=r"basic.calibration.json is damaged \(calibrations.0.temperature"):
        load_calibrations("basic", "tiny", "cascade", tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(CalibrationError, match="can't be"):
        save_calibration(fitted(), "basic", tmp_path / "file")
