"""Heart rate from the face, as rPPG-Toolbox scores it: UBFC-rPPG, PURE, and recordings with several cameras.

inspect eval evals/tasks/rppg.py@ubfc -T folder=DATA --model none

The true rate is taken from the whole measured wave. Where the tool finds no clear pulse it abstains: errors are of the
other recordings, and coverage says how many they are.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from inspect_ai import Task, task

from evals.benchmark import Benchmark, Item, Outcome, Prediction, answer_as_json
from evals.inspecting import as_task
from evals.measuring import MEASURING, measured, told
from evals.metrics import heart_rate
from evals.metrics.heart_rate import bland_altman, macc, over_clips, snr_db
from evals.metrics.intervals import Metric
from evals.metrics.measure import Measure
from evals.pictures import CLIPS, VIDEOS, video_of
from evals.pulse_files import (
    PulseWave,
    csv_wave,
    missing_files,
    pure_recordings,
    pure_wave,
    take_folders,
    ubfc_recordings,
    ubfc_wave,
)
from evals.reading import refuse
from evals.run import Run
from perception.clip import Clip
from perception.evidence import Evidence, Signal
from perception.views import add_view

PURE_HZ = 30.0
HIGHEST_BPM = 300.0  # faster than any heart beats; a greater number is of another unit
CLOSE_BPM = 5.0  # for the mark of a single recording only
WAVES: dict[str, Callable[[Path], PulseWave]] = {"ubfc": ubfc_wave, "pure": pure_wave, "views": csv_wave}

Answers = Sequence[dict[str, float | None] | None]


@task
def ubfc(folder: str, **options: Any) -> Task:
    """Heart rate of UBFC-rPPG's recordings; options as of `mentalis eval run`."""
    return as_task(UBFC, folder, **options)


@task
def pure(folder: str, **options: Any) -> Task:
    """Heart rate of PURE's recordings; options as of `mentalis eval run`."""
    return as_task(PURE, folder, **options)


@task
def mvrd(folder: str, **options: Any) -> Task:
    """Heart rate of recordings with several cameras; options as of `mentalis eval run`."""
    return as_task(MVRD, folder, **options)


def read_ubfc(folder: Path) -> Sequence[Item]:
    """The recordings subjectN.

    Raises:
        DatasetError: naming what is missing, or what of a file is wrong.
    """
    return [_item("ubfc", r.name, r.person, r.truth, r.video) for r in ubfc_recordings(folder)]


def read_pure(folder: Path) -> Sequence[Item]:
    """The recordings ii-jj: person and setup.

    Raises:
        DatasetError: naming what is missing, or what of a file is wrong.
    """
    items = [_item("pure", r.name, r.person, r.truth, r.video) for r in pure_recordings(folder)]
    return [item.model_copy(update={"strata": {"setup": item.id[3:]}}) for item in items]


def read_views(folder: Path) -> Sequence[Item]:
    """The recordings SUBJECT-CONDITION with a video for each camera.

    Raises:
        DatasetError: naming what is missing, or what of a file is wrong.
    """
    takes = take_folders(folder, "*-*", "SUBJECT-CONDITION/*.mp4 and SUBJECT-CONDITION/ground_truth.csv")
    views = {take: sorted(p for p in take.iterdir() if p.suffix.lower() in VIDEOS) for take in takes}
    refuse(folder, [f"there is no video in {take.name}" for take in takes if not views[take]])
    refuse(folder, missing_files(takes, "ground_truth.csv"))
    items = []
    for take, (first, *others) in views.items():
        subject, condition = take.name.rsplit("-", 1)
        item = _item("views", take.name, subject, take / "ground_truth.csv", first)
        given = {**item.given, "views": [str(other) for other in others]}
        items.append(item.model_copy(update={"strata": {"condition": condition}, "given": given}))
    return items


async def solve(item: Item, run: Run) -> Outcome:
    """The rate of the clearest pulse, and how its wave compares with the measured one."""
    assert item.clip is not None, "every item is a recording"
    path = await asyncio.to_thread(video_of, item.clip, run.conditions.data / CLIPS, PURE_HZ)
    clip = await asyncio.to_thread(_opened, path, item.given["views"])
    evidence = await measured(clip, run)
    truth = WAVES[item.given["layout"]](Path(item.given["truth"]))
    value = await asyncio.to_thread(pulse_of, evidence, truth)
    return told(evidence, Prediction(value=value) if value else Prediction(abstained=True))


def pulse_of(evidence: Evidence, truth: PulseWave) -> dict[str, float | None] | None:
    """Heart rate in beats a minute, SNR in dB and MACC of the pulse that lasts longest; none where none was found."""
    rates = evidence.of("heart_rate")
    if not rates:
        return None
    longest = max(rates, key=lambda rate: (rate.end_s - rate.start_s, rate.confidence))
    assert longest.value is not None, "a rate has a value"
    waves = [s for s in evidence.signals if s.name == "pulse_wave" and s.person == longest.person]
    compared = _compared(waves[0], longest.start_s, longest.end_s, truth) if waves else {"snr_db": None, "macc": None}
    return {"bpm": longest.value, **compared}


def _compared(signal: Signal, start_s: float, end_s: float, truth: PulseWave) -> dict[str, float | None]:
    times_s, values = signal.times(), np.asarray(signal.values)
    inside = (times_s >= start_s) & (times_s <= end_s) & (times_s <= truth.times_s[-1])
    times_s, values = times_s[inside], values[inside]
    if len(times_s) < 2 or times_s[-1] <= times_s[0]:
        return {"snr_db": None, "macc": None}
    rate_hz = (len(times_s) - 1) / (times_s[-1] - times_s[0])
    true = heart_rate.post_processed(truth.at(times_s), rate_hz)
    wave = heart_rate.post_processed(values, rate_hz)
    return {"snr_db": snr_db(wave, truth.bpm, rate_hz), "macc": macc(wave, true)}


def _opened(path: Path, views: Sequence[str]) -> Clip:
    clip = Clip.open(path)
    for view in views:
        clip = add_view(clip, view, offset_s=0.0)  # the cameras of a take start together
    return clip


def _item(layout: str, name: str, subject: str, truth: Path, clip: Path) -> Item:
    bpm = round(WAVES[layout](truth).bpm, 3)
    given = {"layout": layout, "truth": str(truth), "views": []}
    return Item(id=name, gold=({"bpm": bpm},), group=subject, clip=clip, given=given)


def _close(gold: dict[str, float], predicted: dict[str, float] | None) -> bool:
    return predicted is not None and abs(predicted["bpm"] - gold["bpm"]) <= CLOSE_BPM


def _column(answers: Answers, name: str) -> heart_rate.Floats:
    values = [answer.get(name) if answer else None for answer in answers]
    return np.array([np.nan if value is None else value for value in values])


def _rates(metric: Callable[..., Any], part: str = "") -> Metric:
    """A metric of true and predicted rates."""

    def score(gold: Sequence[dict[str, float]], predicted: Answers) -> Any:
        result = metric(np.array([g["bpm"] for g in gold]), _column(predicted, "bpm"))
        return getattr(result, part) if part else result

    return score


def _waves(name: str) -> Metric:
    """The mean over recordings of what each one's wave has."""

    def score(gold: Sequence[dict[str, float]], predicted: Answers) -> Measure:
        return over_clips(_column(predicted, name))

    return score


def rate_of(told: object) -> dict[str, Any] | None:
    """A rate of a prediction file: a number, or an object with `bpm`, and perhaps `snr_db` and `macc`; none for NaN.

    Raises:
        TypeError: a value is no number.
        ValueError: it is neither, or a number that no heart or wave has.
    """
    if isinstance(told, str) and told.strip().lower() == "nan":
        return None
    read = answer_as_json(told)
    rate = read if isinstance(read, dict) else {"bpm": read}
    if any(isinstance(value, bool) for value in rate.values()):
        raise TypeError("true and false are no numbers")
    bpm = float(rate.get("bpm", "missing"))
    waves = {name: None if rate.get(name) is None else float(rate[name]) for name in ("snr_db", "macc")}
    if any(value is not None and math.isinf(value) for value in waves.values()):
        raise ValueError("a number that has no end")
    if bpm <= 0 or bpm > HIGHEST_BPM:
        raise ValueError("nobody's heart beats so")
    if waves["macc"] is not None and not (0 <= waves["macc"] <= 1 or math.isnan(waves["macc"])):
        raise ValueError("a correlation without its sign lies from 0 to 1")
    return None if math.isnan(bpm) else {"bpm": bpm, **waves}


def true_rate_of(told: object) -> dict[str, Any]:
    """A rate of a gold file, as `rate_of` takes it.

    Raises:
        ValueError: it is none.
    """
    rate = rate_of(told)
    if rate is None:
        raise ValueError("no rate")
    return rate


METRICS: dict[str, Metric] = {
    "mae_bpm": _rates(heart_rate.mae),
    "rmse_bpm": _rates(heart_rate.rmse),
    "mape_percent": _rates(heart_rate.mape),
    "pearson": _rates(heart_rate.pearson),
    "snr_db": _waves("snr_db"),
    "macc": _waves("macc"),
    "bias_bpm": _rates(bland_altman, "bias"),
    "lower_limit_bpm": _rates(bland_altman, "lower"),
    "upper_limit_bpm": _rates(bland_altman, "upper"),
}
_benchmark = partial(
    Benchmark,
    solve=solve,
    metrics=METRICS,
    strategies=MEASURING,
    usual={"tools": "faces,rppg"},
    right=_close,
    answer=rate_of,
    answer_form=f"a rate in beats a minute up to {HIGHEST_BPM:.0f}, alone or as bpm beside the numbers snr_db and macc "
    "(from 0 to 1)",
    truth=true_rate_of,
)
UBFC = _benchmark(
    name="ubfc",
    about="heart rate from the face, by rPPG",
    read=read_ubfc,
    layout="subjectN/vid.avi, subjectN/ground_truth.txt: lines of wave, heart rate, times in seconds",
    source="https://sites.google.com/view/ybenezeth/ubfcrppg (second set), research only",
)
PURE = _benchmark(
    name="pure",
    about="heart rate from the face, still, talking and moving, by rPPG",
    read=read_pure,
    layout="ii-jj/ii-jj/*.png and ii-jj/ii-jj.json, of person and setup",
    source="TU Ilmenau, Pulse Rate Detection Dataset, on request, research only",
)
MVRD = _benchmark(
    name="mvrd",
    about="heart rate from the face by several cameras that start together, by rPPG",
    read=read_views,
    layout="SUBJECT-CONDITION/*.mp4, one for each camera (the first by name is the main one), and ground_truth.csv: "
    "time_s, bvp",
    source="your own: MVRD (arXiv 2603.22826) is not released, and the layout is ours",
)
