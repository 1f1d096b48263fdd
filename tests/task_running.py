"""A benchmark run by Inspect on a folder that a test wrote."""

from typing import Any


def run(make: Any, folder: Any, **options: Any) -> tuple[dict[str, float], list[Any]]:
    """The metrics by name, and the samples of the log."""
    from inspect_ai import eval as inspect_eval

    task = make(str(folder), data=str(folder / "caches"), **options)
    (log,) = inspect_eval(task, model="none/none", log_dir=str(folder / "logs"), display="none", log_level="error")
    assert log.status == "success", log.error
    return {name: metric.value for name, metric in log.results.scores[0].metrics.items()}, log.samples


def outcome_of(sample: Any) -> dict[str, Any]:
    """What a benchmark's solver made of a sample of a log, as JSON."""
    (score,) = sample.scores.values()
    outcome: dict[str, Any] = score.metadata["outcome"]
    return outcome
