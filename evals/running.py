"""A benchmark run under one strategy after another, a log of Inspect each; called again, it goes on where it was."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inspect_ai import Task, eval_set
from inspect_ai._util.error import PrerequisiteError  # of no public module
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from rich.text import Text

from evals.benchmark import Outcome
from evals.conditions import Conditions
from evals.errors import DatasetError, RunError
from evals.inspecting import DATA_SHA256, SCALED_BY, no_model, plain
from evals.registry import benchmark, task_of
from evals.run import check_endpoint

AHEAD = 2  # samples under way for each call: while some are measured or checked, others keep the endpoint busy
ILLS_TOLD = 3  # kinds of failures
ANOTHER = "name another folder with --log-dir"
UNSCALED = "nothing"
SELDOM = (20_000, 20, 100)  # objects made until a collection of the youngest; of these until one of older ones
LOG_EVERY = 25  # samples; what was answered since is found in the cache of answers when a killed run goes on


def run(
    name: str,
    folder: Path,
    strategies: Sequence[str],
    log_dir: Path,
    *,
    at_once: int = 8,
    limit: int | None = None,
    shuffle: int | None = None,
    **options: Any,
) -> list[EvalLog]:
    """Run a benchmark and return the log of each strategy, in their order.

    A folder of logs belongs to one comparison: samples that are scored there already are not run again, those that
    failed or were cut off are. Model calls and tools' results are found in the caches of the options' `data`.

    Args:
        name: of the benchmark.
        folder: of its data.
        strategies: the benchmark's usual one where none is named.
        log_dir: of Inspect's logs.
        at_once: model calls at a time, or clips where there is no model.
        limit: only the first so many samples.
        shuffle: seed of another order, so that `limit` takes others.
        **options: of the run, see `Conditions`.

    Raises:
        DatasetError: the folder lacks something, or an option can't be used, or a strategy is named twice.
        RunError: samples failed, or the run was cut off; what is scored stays.
        ModelError: nobody answers at the model's endpoint, or there is no such model; not where all is scored already.
    """
    _refuse_senseless(strategies, at_once, limit)
    known = benchmark(name)
    if known.needs_model and not options.get("model"):
        raise DatasetError(no_model(known))
    samples = AHEAD * at_once if options.get("model") else at_once
    options = {**options, "concurrency": at_once}
    made = [
        _task(name, str(folder.absolute()), {**options, **({"strategy": s} if s else {})}) for s in strategies or ("",)
    ]
    _refuse_others(log_dir, made, shuffle)
    if not _all_scored(log_dir, made, limit):
        asyncio.run(check_endpoint(Conditions.model_validate((made[0].metadata or {})["conditions"])))
    with collecting_seldom():
        logs = _logs_of(
            made,
            log_dir=str(log_dir),
            model="none/none",
            limit=limit,
            sample_shuffle=shuffle,
            max_samples=samples,
            max_tasks=1,  # strategies one after the other: later ones find what earlier ones measured and asked
            retry_attempts=0,
            retry_immediate=False,
            fail_on_error=True,  # at the end, so that the samples that failed are run again
            continue_on_fail=True,
            log_realtime=False,
            log_buffer=LOG_EVERY,
            score_display=False,  # of all samples after every sample
            display="none",
            log_level="error",
        )
    by_strategy = {log.eval.metadata["strategy"]: log for log in logs if log.eval.metadata}
    found = [by_strategy[task.metadata["strategy"]] for task in made if task.metadata]
    for log in found:
        if log.status != "success" or log.results is None:
            raise RunError(f"{_ended(log)}; run the same again to go on (log: {log.location})")
    return found


def _task(name: str, folder: str, options: dict[str, Any]) -> Task:
    """The task under these options; Inspect tells runs apart by what they were given, not by what it comes to.

    So where no calibration scales anything, `calibrated` is given as false: with calibrated=false such a run goes on
    even when there are calibrations later.
    """
    task = task_of(name, folder, **options)
    if options.get("model") and task.metadata and not task.metadata[SCALED_BY]:
        return task_of(name, folder, **dict(sorted({**options, "calibrated": False}.items())))  # order counts, too
    return task


def _logs_of(made: Sequence[Task], log_dir: str, **given: Any) -> Sequence[EvalLog]:
    """The logs that Inspect makes of tasks.

    Raises:
        RunError: it refuses to run them, which it would say only on a display that is switched off.
    """
    try:
        return eval_set([*made], log_dir=log_dir, **given)[1]
    except PrerequisiteError as error:
        told = " ".join(Text.from_markup(str(error.message)).plain.removeprefix("ERROR: ").split())
        if "log_dir" in told:
            raise RunError(f"{log_dir} has a log of other data or other options: {ANOTHER}") from error
        raise RunError(f"Inspect can't run this: {told}") from error


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Spare the garbage collector what is loaded already, and wake it seldom.

    It would take an eighth of a run on words. Of clips little is left to it: pictures are measured in other processes.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()


def ill(told: Sequence[Outcome]) -> list[str]:
    """What went wrong in samples that are scored nonetheless, the commonest first, a line each."""
    first = Counter(outcome.failures[0] for outcome in told if outcome.failures)
    lines = [f"{count} of {len(told)} samples: {what}" for what, count in first.most_common(ILLS_TOLD)]
    more = sum(first.values()) - sum(count for _, count in first.most_common(ILLS_TOLD))
    return [*lines, *([f"{more} further samples had failures: the report has them"] if more else [])]


def more_than_asked(log: EvalLog, limit: int | None) -> str | None:
    """A line where a run has more samples than it was limited to, as they were scored before."""
    count = log.results.total_samples if log.results else 0
    if limit is None or count <= limit:
        return None
    return f"{count} samples were scored before and all count, not only {limit}: name another folder with --log-dir"


def _refuse_senseless(strategies: Sequence[str], at_once: int, limit: int | None) -> None:
    if limit is not None and limit < 1:
        raise DatasetError(f"--limit {limit}: give 1 or more samples")
    if at_once < 1:
        raise DatasetError(f"--at-once {at_once}: give 1 or more")
    if twice := [name for name, count in Counter(strategies).items() if count > 1]:
        raise DatasetError(f"strategy {twice[0]} is named twice: name each once")


def _refuse_others(log_dir: Path, made: Sequence[Task], shuffle: int | None) -> None:
    """A folder of logs belongs to one comparison: refuse a log of other data, conditions, order or another strategy.

    Raises:
        RunError: saying what is otherwise.
    """
    given = {task.metadata["strategy"]: _compared(task.metadata, shuffle) for task in made if task.metadata}
    for info in list_eval_logs(str(log_dir)) if log_dir.is_dir() else ():
        log = read_eval_log(info, header_only=True).eval
        told = log.metadata or {}
        before, now = _compared(told, log.config.sample_shuffle), given.get(told.get("strategy", ""))
        if now is None:
            why = f"strategy {told.get('strategy')}, which is not asked for: {ANOTHER}, or ask for it, too"
        elif others := [key for key in now if now[key] != before.get(key)]:
            why = _otherwise(others[0], before, now)
        else:
            continue
        raise RunError(f"{log_dir} has a log of {why}")


def _all_scored(log_dir: Path, made: Sequence[Task], limit: int | None) -> bool:
    """Whether the logs have what is asked for, so that no model is needed."""
    wanted = {t.metadata["strategy"]: min(len(t.dataset), limit or len(t.dataset)) for t in made if t.metadata}
    scored = Counter[str]()
    for info in list_eval_logs(str(log_dir)) if log_dir.is_dir() else ():
        log = read_eval_log(info, header_only=True)
        if log.status == "success" and log.results is not None:
            scored[(log.eval.metadata or {}).get("strategy", "")] += log.results.completed_samples
    return all(scored[strategy] >= count for strategy, count in wanted.items())


def _otherwise(key: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is not the same, and what to do."""
    if key == DATA_SHA256:
        return f"other data: {ANOTHER}"
    if key == SCALED_BY:  # what was fitted meanwhile can't be taken back
        goes_on = ", or go on with -T calibrated=false" if before[key] == UNSCALED else ""
        return f"confidences scaled by {before[key]}, not {now[key]}: {ANOTHER}{goes_on}"
    return f"{key.replace('_', ' ')} {before.get(key)!r}, not {now[key]!r}: {ANOTHER}, or run the same again"


def _compared(told: Mapping[str, Any], shuffle: bool | int | None) -> dict[str, Any]:
    """What of a log must be the same for its samples to belong together; of `calibrated`, what it comes to."""
    conditions = {key: value for key, value in told.get("conditions", {}).items() if key != "calibrated"}
    scaled_by = "; ".join(told.get(SCALED_BY, ())) or UNSCALED
    return {**conditions, "shuffle": shuffle, SCALED_BY: scaled_by, DATA_SHA256: told.get(DATA_SHA256)}


def _ended(log: EvalLog) -> str:
    """Why a run has no result."""
    failed = [sample.error for sample in read_eval_log(log.location).samples or () if sample.error]
    if failed:
        return f"{len(failed)} of {log.eval.dataset.samples} samples failed, the first: {plain(failed[0].message)}"
    return f"the run ended as {log.status}: {plain(log.error.message) if log.error else 'it was cut off'}"
