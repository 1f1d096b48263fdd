"""A benchmark run under one strategy after another, a log of Inspect each; called again, it goes on where it was."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspect_ai import eval_set
from inspect_ai.log import EvalLog, read_eval_log

from evals.errors import RunError
from evals.registry import task_of

AHEAD = 2  # samples under way for each call: while some are measured or checked, others keep the endpoint busy
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
        DatasetError: the folder lacks something, or an option can't be used.
        RunError: samples failed, or the run was cut off; what is scored stays.
    """
    samples = AHEAD * at_once if options.get("model") else at_once
    options = {**options, "concurrency": at_once}
    made = [
        task_of(name, str(folder.absolute()), **options, **({"strategy": s} if s else {})) for s in strategies or ("",)
    ]
    _, logs = eval_set(
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


def _ended(log: EvalLog) -> str:
    """Why a run has no result."""
    failed = [sample.error for sample in read_eval_log(log.location).samples or () if sample.error]
    if failed:
        return f"{len(failed)} of {log.eval.dataset.samples} samples failed, the first: {failed[0].message}"
    return f"the run ended as {log.status}: {log.error.message if log.error else 'it was cut off'}"
