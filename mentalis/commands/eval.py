"""`mentalis eval`: benchmarks, on Inspect."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Score the graph on labelled clips (Inspect runs, logs and resumes).", no_args_is_help=True)
AT_ONCE = 2  # clips: perception of one fills two cores


class TaskName(StrEnum):
    """Tasks that can be run."""

    LABELLED_CLIPS = "labelled_clips"


Name = Annotated[TaskName, typer.Argument(help="Task.", show_default=False)]
Data = Annotated[Path, typer.Argument(help="Folder of its data.", show_default=False)]
CodebookOption = Annotated[str, typer.Option(help="motor, basic, mer6, compound, open, or a YAML file.")]
LevelOption = Annotated[str, typer.Option(help="behaviour, cognition or emotion.")]


@app.command("list")
def list_() -> None:
    """Show the tasks and the data that each needs."""
    tasks()
    typer.echo("labelled_clips  a folder with clips and labels.csv (columns: file, label, perhaps transcript)")


@app.command("check")
def check(name: Name, folder: Data, codebook: CodebookOption = "basic", level: LevelOption = "emotion") -> None:
    """Say whether a folder has all that a task needs, and exactly what is missing."""
    tasks()
    from evals.tasks.labelled_clips import clips_labelled

    items = clips_labelled(level, codebook).read(folder)
    typer.echo(f"{folder}: {len(items)} clips, all there")


@app.command("run")
def run(
    name: Name,
    folder: Data,
    codebook: CodebookOption = "basic",
    level: LevelOption = "emotion",
    tools: Annotated[str, typer.Option(help="Tools to run, comma-separated; the default set when empty.")] = "",
    strategy: Annotated[str | None, typer.Option(help="single, vote, debate, cascade, ...", metavar="NAME")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many clips.")] = None,
    log_dir: Annotated[Path, typer.Option(help="Folder of Inspect's logs (inspect view shows them).")] = Path("logs"),
    at_once: Annotated[int, typer.Option(help="Clips at a time.")] = AT_ONCE,
) -> None:
    """Run a task with the model that the settings name, and print its scores."""
    tasks()
    from inspect_ai import eval as inspect_eval

    from evals.tasks.labelled_clips import labelled_clips
    from mentalis.settings import read_settings, use_weights_of

    settings = read_settings()
    use_weights_of(settings)
    task = labelled_clips(
        str(folder),
        codebook=codebook,
        level=level,
        tools=tools,
        model=settings.model or "",
        base_url=settings.base_url or "",
        strategy=strategy or settings.strategy,
        data=str(settings.data),
    )
    (log,) = inspect_eval(
        task, model="none/none", limit=limit, log_dir=str(log_dir), max_samples=at_once, display="none"
    )
    if log.status != "success" or log.results is None:
        typer.echo(f"error: the run ended as {log.status}: {log.error.message if log.error else ''}", err=True)
        raise typer.Exit(1)
    for score in log.results.scores:
        for metric in score.metrics.values():
            typer.echo(f"{metric.name:<12} {metric.value:.4f}")
    typer.echo(f"log: {log.location}")


@app.command("calibrate")
def calibrate(
    log: Annotated[Path, typer.Argument(help="Log of a benchmark that was run with a model.", show_default=False)],
) -> None:
    """Fit how a model's confidences are scaled, and keep it with the codebook for later analyses."""
    tasks()
    from evals.calibrating import calibrate as fit
    from mentalis.settings import read_settings

    for fitted in fit(log, read_settings().data / "calibrations"):
        typer.echo(
            f"{fitted.model}, {fitted.level} by {fitted.source.replace('_', ' ')}: temperature "
            f"{fitted.temperature:.2f} on {fitted.n} predictions; calibration error {fitted.ece_before:.3f} before, "
            f"{fitted.ece_after:.3f} after"
        )


def tasks() -> None:
    """Make sure that Inspect is here.

    Raises:
        MentalisError: the extra `evals` is not installed.
    """
    from importlib.util import find_spec

    from perception.errors import MentalisError

    if find_spec("inspect_ai") is None:
        raise MentalisError("benchmarks need the evals extra: python scripts/install.py evals")
