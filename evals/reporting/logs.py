"""Logs of Inspect as they are reported on: what was asked, answered and spent, and what is missing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import url2pathname

from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from pydantic import ValidationError

from evals.benchmark import Benchmark, Outcome
from evals.errors import DatasetError
from evals.inspecting import OUTCOME, SCALED_BY, plain
from evals.registry import benchmark

# of the conditions, what changes neither question nor answer, or is told otherwise (by what confidences are scaled)
INCIDENTAL = ("strategy", "model", "base_url", "data", "calibrated", "concurrency", "timeout_s", "retries")


@dataclass(frozen=True)
class Answered:
    """A sample that was scored."""

    id: str
    asked: str
    gold: tuple[Any, ...]
    outcome: Outcome
    group: str
    strata: dict[str, str]
    seconds: float | None


@dataclass(frozen=True)
class Logged:
    """A run as its log has it; `errors` are of samples that were not scored."""

    path: Path
    task_id: str
    benchmark: Benchmark
    strategy: str
    conditions: dict[str, Any]
    created: str
    status: str
    samples: tuple[Answered, ...]
    errors: dict[str, str]
    planned: int
    in_folder: int  # samples of the data

    @property
    def model(self) -> str:
        """Who reasoned."""
        return str(self.conditions.get("model") or "") or "no model"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of its scores must know: what of the data they do not rest on."""
        notes = []
        scored = len(self.samples)
        if scored < self.planned or self.status != "success":
            notes.append(
                f"incomplete: {scored} of {self.planned} samples are scored; the run's status is {self.status}"
            )
        if self.planned < self.in_folder:
            notes.append(f"a part: {self.planned} of {self.in_folder} samples of the data were asked")
        fitted = str(self.conditions.get(SCALED_BY, "")).split("; ")
        if any(line.endswith(f"answers of {self.benchmark.name}") for line in fitted):
            notes.append(
                f"in-sample confidences: they are scaled by what was fitted on {self.benchmark.name} itself, so that "
                "their calibration is flattered unless it was another part of the data"
            )
        return tuple(notes)


def read_logs(paths: Sequence[Path]) -> tuple[list[Logged], list[str]]:
    """The runs of logs, and of the logs of folders, by benchmark, model, strategy and date; and what was left out.

    Of several logs of one run, which was resumed, the one with most samples counts.

    Raises:
        DatasetError: a log can't be read, is of no benchmark known here, has no scored sample, or there is none.
    """
    if gone := [path for path in paths if not path.exists()]:
        raise DatasetError(f"{gone[0]}: there is no such file or folder")
    files = [file for path in paths for file in (sorted(path.glob("*.eval")) if path.is_dir() else [path])]
    if not files:
        raise DatasetError(f"no logs in {', '.join(map(str, paths)) or 'nothing'}: give .eval files or their folders")
    latest: dict[str, Logged] = {}
    left_out = []
    for run in map(read_log, dict.fromkeys(files)):
        other = latest.get(run.task_id)
        if other is None:
            latest[run.task_id] = run
            continue
        kept = max(other, run, key=lambda r: (len(r.samples), r.created))
        latest[run.task_id] = kept
        left_out.append(f"{(run if kept is other else other).path.name}: an earlier try of {kept.path.name}")
    for run in latest.values():
        if not run.samples:
            first = next(iter(run.errors.values()), f"the run's status is {run.status}")
            raise DatasetError(f"{run.path}: no sample is scored: {first}")
    return sorted(latest.values(), key=_place), left_out


def _place(run: Logged) -> tuple[str, str, int, str]:
    known = run.benchmark.strategies
    return (
        run.benchmark.name,
        run.model,
        known.index(run.strategy) if run.strategy in known else len(known),
        run.created,
    )


def file_of(log: EvalLog) -> Path:
    """The file of a log, whose location may be a URL."""
    return Path(url2pathname(log.location.removeprefix("file://")))


def read_log(path: Path) -> Logged:
    """The run of a log.

    Raises:
        DatasetError: it can't be read, or is of no benchmark known here.
    """
    try:
        log = read_eval_log(str(path))
    except Exception as error:  # of many kinds: no file, no archive, no log
        line = (str(error).splitlines() or [type(error).__name__])[0]
        raise DatasetError(f"{path} can't be read as a log of Inspect: {line}") from error
    told = log.eval.metadata or {}
    if "benchmark" not in told:
        raise DatasetError(f"{path} is a log of {log.eval.task}: give one of `mentalis eval run`")
    place = {id_: n for n, id_ in enumerate(log.eval.dataset.sample_ids or ())}
    samples = sorted(log.samples or (), key=lambda s: (s.epoch, place.get(s.id, len(place))))  # as the data have them
    found = [(str(s.id) if s.epoch == 1 else f"{s.id}, epoch {s.epoch}", s) for s in samples]
    return Logged(
        path=path,
        task_id=log.eval.task_id,
        benchmark=benchmark(told["benchmark"]),
        strategy=told["strategy"],
        conditions={**told["conditions"], SCALED_BY: "; ".join(told.get(SCALED_BY, ()))},
        created=str(log.eval.created),
        status=log.status,
        samples=tuple(_answered(path, id_, sample) for id_, sample in found if sample.scores),
        errors={id_: _why(sample) for id_, sample in found if not sample.scores},
        planned=_planned(log),
        in_folder=log.eval.dataset.samples or len(found),
    )


def names(runs: Iterable[Logged]) -> dict[Path, str]:
    """What each run is called beside the others: its strategy, its model, and the conditions in which they differ."""
    runs = list(runs)
    differing = [key for key in conditions_told(runs) if len({str(run.conditions.get(key)) for run in runs}) > 1]
    called: dict[Path, str] = {}
    for run in runs:
        name = ", ".join([run.strategy, run.model, *(_in_name(key, run.conditions.get(key)) for key in differing)])
        taken = sum(other == name or other.startswith(f"{name} (") for other in called.values())
        called[run.path] = f"{name} ({taken + 1})" if taken else name
    return called


def conditions_told(runs: Iterable[Logged]) -> list[str]:
    """The conditions that say what was asked and how, in their order."""
    return [key for key in dict.fromkeys(k for run in runs for k in run.conditions) if key not in INCIDENTAL]


def _in_name(key: str, value: Any) -> str:
    """A condition in the name of a run; calibrations are too long for one and stand among the conditions."""
    if key == SCALED_BY:
        return "calibrated" if value else "uncalibrated"
    return f"{key} {value}"


def _answered(path: Path, id_: str, sample: EvalSample) -> Answered:
    (score,) = (sample.scores or {}).values()
    told = score.metadata or {}
    try:
        outcome = Outcome.model_validate(told[OUTCOME])
        gold, group, strata = tuple(told["gold"]), str(told["group"]), dict(told["strata"])
    except (KeyError, ValidationError) as error:
        line = str(error).splitlines()[0]
        raise DatasetError(
            f"{path}, sample {id_}: was not written by this version of the benchmarks: {line}"
        ) from error
    return Answered(
        id=id_,
        asked=sample.input if isinstance(sample.input, str) else id_,
        gold=gold,
        outcome=outcome,
        group=group,
        strata=strata,
        seconds=sample.total_time,
    )


def _why(sample: EvalSample) -> str:
    if sample.error is None:
        return "it was cut off before it was scored"
    return plain(sample.error.message)


def _planned(log: EvalLog) -> int:
    """How many samples were to be scored, each epoch counted."""
    asked = log.eval.dataset.sample_ids
    count = len(asked) if asked else log.eval.dataset.samples or 0
    return max(count * (log.eval.config.epochs or 1), len(log.samples or ()))
