"""Benchmarks of perception alone: no graph, no model, only what the tools measure."""

from evals.benchmark import Outcome, Prediction
from evals.run import Run
from graphs.perceiving import measure
from perception.clip import Clip
from perception.evidence import Evidence

MEASURING = ("tools",)  # strategies of what is only measured


async def measured(clip: Clip, run: Run) -> Evidence:
    """What the run's tools find in a clip; results are kept in its cache.

    Raises:
        ClipError: the clip can't be decoded to its end.
        WorkerKilled: the worker process went over a limit or crashed.
    """
    return await measure(run.setup(clip, model=None), lambda event: None)


def told(evidence: Evidence, prediction: Prediction) -> Outcome:
    """The outcome of a measured clip; the evidence goes without its signals, which are large."""
    failures = tuple(f"tool {run.tool}: {run.error}" for run in evidence.tools if run.status in ("failed", "skipped"))
    shown = evidence.model_copy(update={"signals": ()}).model_dump_json()
    return Outcome(predictions=(prediction,), failures=failures, report=shown)
