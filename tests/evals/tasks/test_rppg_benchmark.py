"""Heart rates are read from the real layouts, found in the face, and scored."""

import json

import numpy as np
import pytest
from benchmark_running import scores_of
from skimage.io import imsave

from evals.errors import DatasetError
from evals.pulse_files import PulseWave
from evals.tasks.rppg import MVRD, PURE, UBFC, pulse_of, ubfc
from mentalis.testing.synthetic_clip import Script, render
from perception.evidence import Evidence, Findings, ToolRun, merge

BPM = 78.0


def wave(seconds, rate_hz=60.0, bpm=BPM):
    times_s = np.arange(0, seconds, 1 / rate_hz)
    return times_s, np.sin(2 * np.pi * bpm / 60 * times_s)


def write_ubfc(folder, name="subject1", seconds=20.0):
    (folder / name).mkdir()
    times_s, values = wave(seconds)
    rows = [values, np.full(len(values), BPM), times_s]
    (folder / name / "ground_truth.txt").write_text("\n".join(" ".join(f"{v:.6e}" for v in row) for row in rows))
    return folder / name


def found(bpm, start_s=0.0, end_s=20.0, rate_hz=30.0) -> Evidence:
    """What the tool says of a person whose wave has this rate."""
    findings = Findings()
    times_s, values = wave(end_s, rate_hz, bpm)
    findings.event("P1", "heart_rate", start_s, end_s, text="pulse", confidence=0.9, quality=1, value=bpm, unit="bpm")
    findings.signal("P1", "pulse_wave", values, times_s, unit="standard deviations")
    run = ToolRun(tool="rppg", version="1", status="ok")
    return merge("0" * 64, end_s, [run], [("rppg", findings.seal("rppg"))])


def test_the_rate_is_that_of_the_measured_wave(tmp_path):
    (write_ubfc(tmp_path) / "vid.avi").touch()
    (item,) = UBFC.read(tmp_path)
    assert item.gold[0]["bpm"] == pytest.approx(BPM, abs=1.0), "to the toolbox's own step"
    assert item.group == "subject1"


def test_waves_are_compared_where_both_were_measured():
    same = pulse_of(found(BPM), PulseWave(*wave(20.0)))
    other = pulse_of(found(BPM + 25), PulseWave(*wave(20.0)))
    assert same["macc"] > 0.95 > other["macc"]
    assert same["snr_db"] > 5 > other["snr_db"]
    assert pulse_of(Evidence(clip_sha256="0" * 64, duration_s=1), PulseWave(*wave(20.0))) is None


def test_errors_are_of_what_was_answered_and_coverage_says_how_much():
    gold = [{"bpm": bpm} for bpm in (60.0, 70.0, 80.0, 90.0)]
    answers = [{"bpm": 62.0, "snr_db": 3.0, "macc": 0.8}, {"bpm": 70.0, "snr_db": 5.0, "macc": None}, None,
               {"bpm": 86.0, "snr_db": 4.0, "macc": 0.6}]  # fmt: skip
    scores = {name: metric(gold, answers) for name, metric in UBFC.metrics.items()}
    assert scores["mae_bpm"].value == pytest.approx(2.0)
    assert scores["mae_bpm"].coverage == 0.75
    assert scores["rmse_bpm"].value == pytest.approx((20 / 3) ** 0.5)
    assert scores["macc"].value == pytest.approx(0.7)
    assert scores["snr_db"].standard_error > 0
    assert scores["lower_limit_bpm"] < scores["bias_bpm"].value < scores["upper_limit_bpm"]


@pytest.mark.slow
def test_a_pulse_in_the_face_is_found_and_scored(tmp_path):
    folder = write_ubfc(tmp_path, seconds=12.0)
    render(Script(seconds=12.0, fps=30, size=320, pulse_bpm=BPM), tmp_path / "clip.mp4")
    (tmp_path / "clip.mp4").rename(folder / "vid.avi")  # a container is told by its content
    _, scores = scores_of(ubfc(str(tmp_path), data=str(tmp_path / "data")), tmp_path)
    assert scores["coverage"] == 1
    assert scores["mae_bpm"] < 4
    assert scores["macc"] > 0.5


def test_pure_and_views_are_read_in_their_layouts(tmp_path):
    times_s, values = wave(20.0)
    for setup in ("01", "02"):
        take = tmp_path / f"07-{setup}"
        (take / take.name).mkdir(parents=True)
        imsave(take / take.name / "Image1392643993642815000.png", np.zeros((8, 8, 3), np.uint8), check_contrast=False)
        start_ns = 1392643993642815000
        package = [
            {"Timestamp": start_ns + int(t * 1e9), "Value": {"waveform": v}}
            for t, v in zip(times_s, values, strict=True)
        ]
        (take / f"{take.name}.json").write_text(
            json.dumps({"/FullPackage": package, "/Image": [{"Timestamp": start_ns}]})
        )
    items = PURE.read(tmp_path)
    assert [(item.id, item.group, item.strata) for item in items] == [
        ("07-01", "07", {"setup": "01"}), ("07-02", "07", {"setup": "02"}),
    ]  # fmt: skip
    assert items[0].gold[0]["bpm"] == pytest.approx(BPM, abs=1.0)

    take = tmp_path / "views" / "anna-talking"
    take.mkdir(parents=True)
    for name in ("left.mp4", "front.mp4", "right.mp4"):
        (take / name).touch()
    (take / "ground_truth.csv").write_text(
        "time_s,bvp\n" + "".join(f"{t},{v}\n" for t, v in zip(times_s, values, strict=True))
    )
    (item,) = MVRD.read(tmp_path / "views")
    assert (item.clip.name, item.group, item.strata) == ("front.mp4", "anna", {"condition": "talking"})
    assert [name.rsplit("/", 1)[1] for name in item.given["views"]] == ["left.mp4", "right.mp4"]


def make_pure(folder, start_s=0.0, picture=True):
    """A recording of PURE whose wave starts later than its pictures."""
    take = folder / "01-01"
    (take / "01-01").mkdir(parents=True)
    if picture:
        (take / "01-01" / "Image1392643993642815000.png").touch()
    package = [
        {"Timestamp": int((start_s + t) * 1e9), "Value": {"waveform": v}} for t, v in zip(*wave(20.0), strict=True)
    ]
    (take / "01-01.json").write_text(json.dumps({"/FullPackage": package, "/Image": [{"Timestamp": 0}]}))
    return folder


@pytest.mark.parametrize(
    ("times", "values", "says"),
    [
        (lambda t: t * 1e3, lambda v: v, r"line 3: a sample every 16.7 s, .* give the times in seconds"),
        (lambda t: t * 1e9, lambda v: v, r"line 3: a sample every 1.67e\+07 s"),
        (lambda t: t / 60, lambda v: v, r"line 3: less than 5 s of the wave.* in seconds"),
        (lambda t: t + 60 * (t >= 10), lambda v: v, r"line 3: a hole of 60.0 s after sample 600 \(10.0 s\); cut"),
        (lambda t: t + 100, lambda v: v, r"line 3: the wave starts 100.0 s after the first picture; put both on one"),
        (lambda t: t - 100, lambda v: v, r"line 3: the wave starts 100.0 s before the first picture"),
        (lambda t: t, lambda v: v * 0 + 7, r"line 1: nothing beats for 20.0 s from sample 1 on, all are 7; cut"),
        (
            lambda t: t,
            lambda v: np.where(np.arange(len(v)) < 600, v, 0),
            r"line 1: nothing beats for 10.0 s from sample 601 on, all are 0",
        ),
    ],
)
def test_what_can_be_no_pulse_on_the_clock_of_a_video_is_refused(tmp_path, times, values, says):
    (write_ubfc(tmp_path) / "vid.avi").touch()
    times_s, measured = wave(20.0)
    rows = [values(measured), np.full(len(measured), BPM), times(times_s)]
    (tmp_path / "subject1" / "ground_truth.txt").write_text("\n".join(" ".join(map(repr, map(float, r))) for r in rows))
    with pytest.raises(DatasetError, match=says):
        UBFC.read(tmp_path)


def test_a_wave_of_pure_that_starts_long_after_its_pictures_is_refused(tmp_path):
    assert PURE.read(make_pure(tmp_path / "late", start_s=1.0))
    with pytest.raises(DatasetError, match=r"01-01\.json, Timestamp of /FullPackage: the wave starts 100\.0 s after"):
        PURE.read(make_pure(tmp_path / "later", start_s=100.0))


def test_a_folder_without_pictures_is_told_before_anything_runs(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no picture in 01-01/01-01"):
        PURE.read(make_pure(tmp_path, picture=False))


def test_what_is_wrong_is_told_with_its_place(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no folder subject\*; the layout is subjectN/vid\.avi"):
        UBFC.read(tmp_path)
    folder = write_ubfc(tmp_path)
    with pytest.raises(DatasetError, match=r"there is no subject1/vid\.avi"):
        UBFC.read(tmp_path)
    (folder / "vid.avi").touch()
    (folder / "ground_truth.txt").write_text("1 2 3\n1 2 3\n")
    with pytest.raises(DatasetError, match=r"ground_truth\.txt: 2 lines; give three"):
        UBFC.read(tmp_path)
    (folder / "ground_truth.txt").write_text("1 2 x\n1 2 3\n0 1 9\n")
    with pytest.raises(DatasetError, match=r"ground_truth\.txt, line 1: could not convert.*give numbers"):
        UBFC.read(tmp_path)
    (tmp_path / "01-01" / "01-01").mkdir(parents=True)
    (tmp_path / "01-01" / "01-01" / "Image1.png").touch()
    (tmp_path / "01-01" / "01-01.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"01-01\.json: has not the fields of PURE, /FullPackage"):
        PURE.read(tmp_path)
