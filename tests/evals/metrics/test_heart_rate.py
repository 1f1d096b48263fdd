"""Pulse scores against values worked out by hand, and against the formulas written out the slow way."""

import numpy as np
import pytest

from evals.metrics import heart_rate

FPS = 30.0
GOLD = np.array([60.0, 70.0, 80.0, 100.0])
PREDICTED = np.array([61.0, 68.0, 80.0, 110.0])


def wave(bpm, seconds=20, noise=0.3, seed=0):
    times_s = np.arange(0, seconds, 1 / FPS)
    return np.sin(2 * np.pi * bpm / 60 * times_s) + noise * np.random.default_rng(seed).standard_normal(len(times_s))


def test_errors_over_clips_by_hand():
    assert heart_rate.mae(GOLD, PREDICTED).value == pytest.approx(13 / 4)
    assert heart_rate.rmse(GOLD, PREDICTED).value == pytest.approx(np.sqrt(105 / 4))
    assert heart_rate.mape(GOLD, PREDICTED).value == pytest.approx(100 * (1 / 60 + 2 / 70 + 10 / 100) / 4)
    assert heart_rate.pearson(GOLD, PREDICTED).value == pytest.approx(1097.5 / np.sqrt(875 * 1404.75))


def test_standard_errors_by_hand():
    assert heart_rate.mae(GOLD, PREDICTED).standard_error == pytest.approx(np.std([1, 2, 0, 10]) / 2)
    assert heart_rate.rmse(GOLD, PREDICTED).standard_error == pytest.approx(np.sqrt(np.std([1, 4, 0, 100]) / 2))
    r = heart_rate.pearson(GOLD, PREDICTED)
    assert r.standard_error == pytest.approx(np.sqrt((1 - r.value**2) / 2))


def test_two_clips_have_no_correlation():
    with pytest.raises(ValueError, match="three or more"):
        heart_rate.pearson(GOLD[:2], PREDICTED[:2])


def test_rates_that_never_change_correlate_with_nothing():
    assert heart_rate.pearson(GOLD, np.full(4, 70.0)).value == 0


def test_a_clip_without_a_rate_is_left_out_and_reported():
    some = np.array([61.0, np.nan, 80.0, 110.0])
    kept = [0, 2, 3]
    for score in (heart_rate.mae, heart_rate.rmse, heart_rate.mape, heart_rate.pearson):
        measure, of_kept = score(GOLD, some), score(GOLD[kept], some[kept])
        assert measure == of_kept._replace(n=4, coverage=0.75)
    with pytest.raises(ValueError, match="none has a predicted rate"):
        heart_rate.mae(GOLD, np.full(4, np.nan))
    with pytest.raises(ValueError, match="not above 0"):
        heart_rate.mape(np.array([0.0, 60.0]), np.array([60.0, 60.0]))


def test_limits_of_agreement_by_hand():
    found = heart_rate.bland_altman(GOLD, PREDICTED)  # differences 1, -2, 0, 10
    sd = np.sqrt((1.25**2 + 4.25**2 + 2.25**2 + 7.75**2) / 3)
    assert found.bias.value == pytest.approx(2.25)
    assert found.bias.standard_error == pytest.approx(sd / 2)
    assert (found.lower, found.upper) == pytest.approx((2.25 - 1.96 * sd, 2.25 + 1.96 * sd))


def test_what_each_clip_has_is_averaged_over_clips():
    measure = heart_rate.over_clips(np.array([1.0, 3.0, np.nan]))
    assert measure == (2.0, 3, pytest.approx(2 / 3), pytest.approx(1 / np.sqrt(2)))


def test_the_trend_is_taken_away_as_by_the_dense_inverse():
    noisy = wave(72, seconds=5) + np.linspace(0, 9, 150)
    second = np.diff(np.eye(150), 2, axis=0)
    dense = (np.eye(150) - np.linalg.inv(np.eye(150) + 100.0**2 * second.T @ second)) @ noisy
    assert heart_rate.smoothness_detrended(noisy) == pytest.approx(dense, abs=1e-9)


@pytest.mark.parametrize("bpm", [50, 75, 120])
def test_rates_are_read_to_the_width_of_a_bin(bpm):
    read = heart_rate.post_processed(wave(bpm), FPS)
    assert heart_rate.bpm_of(read, FPS) == pytest.approx(bpm, abs=60 * FPS / 1024)
    assert heart_rate.bpm_of(heart_rate.post_processed(wave(bpm, noise=0), FPS), FPS, "peaks") == pytest.approx(
        bpm, 0.02
    )


def test_a_derivative_is_summed_first():
    whole = wave(75, noise=0)
    read = heart_rate.post_processed(np.diff(whole), FPS, differenced=True)
    assert heart_rate.macc(read, whole[1:]) > 0.99


def test_snr_is_the_share_of_power_near_the_true_rate():
    times_s = np.arange(1024) / 32
    pulse, other = np.sin(2 * np.pi * 1.25 * times_s), np.sin(2 * np.pi * 2.0 * times_s)  # each in one bin
    assert heart_rate.snr_db(pulse + 0.1 * other, 75, 32) == pytest.approx(20, abs=1e-6)  # 10 log10 of 1 / 0.1²
    assert heart_rate.snr_db(pulse + 0.1 * other, 100, 32) < 0


def test_macc_is_the_best_of_all_shifts():
    first, second = wave(72, seconds=4, seed=1), wave(72, seconds=4, seed=2)
    slow = max(abs(np.corrcoef(first, np.roll(second, lag))[0, 1]) for lag in range(len(first) - 1))
    assert heart_rate.macc(first, second) == pytest.approx(slow, abs=1e-12)
