"""`mentalis eval`: benchmarks, on Inspect."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalis.commands.options import BaseUrl, Media, Model, Seed, SomeTools

if TYPE_CHECKING:
    from evals.reporting.scoring import Score

app = typer.Typer(
    help="Benchmarks through the graphs that serve (Inspect runs, logs and resumes).", no_args_is_help=True
)
FLAGS = (  # what has an option of its own
    "strategy", "model", "base_url", "no_tools", "media", "frames", "samples", "seed", "limit", "shuffle", "log_dir",
    "at_once",
)  # fmt: skip
ARGUMENTS = {"name": "the name of the benchmark", "folder": "the folder of its data"}
CLIPS_AT_ONCE = 2  # without a model: perception of one clip fills two cores

Name = Annotated[str, typer.Argument(help="Benchmark, as `mentalis eval list` has it.", show_default=False)]
Data = Annotated[Path, typer.Argument(help="Folder of its data.", show_default=False)]
Own = Annotated[list[str] | None, typer.Option("-T", metavar="NAME=VALUE", help="An option of the benchmark's own.")]


@app.command("list")
def list_(
    name: Annotated[str | None, typer.Argument(help="Tell all of one benchmark.", show_default=False)] = None,
) -> None:
    """Show the benchmarks, or what one of them needs and asks."""
    inspect_is_here()
    from rich.console import Console
    from rich.table import Table

    from evals.registry import benchmark, benchmarks, own_options

    if name is None:
        table = Table(box=None, pad_edge=False)
        for column in ("benchmark", "what", "strategies"):
            table.add_column(column, overflow="fold")
        for one in benchmarks().values():
            table.add_row(one.name, one.about, ", ".join(one.strategies))
        Console().print(table)
        return
    one = benchmark(name)
    typer.echo(f"{one.name}: {one.about}")
    typer.echo(f"data:       {one.source}")
    typer.echo(f"folder:     {one.layout}")
    typer.echo(f"strategies: {', '.join(one.strategies)}")
    typer.echo(f"scores:     {', '.join(one.metrics)}")
    for option in own_options(name).values():
        typer.echo(f"option:     -T {option.name}={option.default}  (the value when not given)")


@app.command("check")
def check(name: Name, folder: Data, own: Own = None) -> None:
    """Say whether a folder has all that a benchmark needs, and exactly what is missing and how to get it."""
    inspect_is_here()
    from evals.errors import DatasetError
    from evals.reading import counted
    from evals.registry import benchmark, task_of

    try:
        task = task_of(name, str(folder.absolute()), **own_pairs(own, ARGUMENTS))
    except DatasetError as error:
        wanted = benchmark(name)
        raise DatasetError(f"{error} (wanted: {wanted.layout}; from {wanted.source})") from error
    typer.echo(f"{folder}: {counted(len(task.dataset), 'sample')} of {name}, all there")


@app.command("run")
def run(
    name: Name,
    folder: Data,
    strategy: Annotated[str, typer.Option(help="One or several, comma-separated.", metavar="NAME,...")] = "",
    model: Model = None,
    base_url: BaseUrl = None,
    codebook: Annotated[str | None, typer.Option(help="Other labels than the benchmark's usual ones.")] = None,
    tools: SomeTools = None,
    no_tools: Annotated[bool, typer.Option("--no-tools", help="Show the model nothing that was measured.")] = False,
    media: Media = None,
    frames: Annotated[int | None, typer.Option(help="Frames that a model is shown.")] = None,
    samples: Annotated[int, typer.Option(help="Answers compared for a confidence, without logprobs.")] = 1,
    seed: Seed = None,
    limit: Annotated[int | None, typer.Option(help="Only the first so many samples.")] = None,
    shuffle: Annotated[int | None, typer.Option(help="Seed of another order of the samples.")] = None,
    log_dir: Annotated[Path | None, typer.Option(help="Of Inspect's logs; logs/BENCHMARK when not given.")] = None,
    at_once: Annotated[int | None, typer.Option(help="Model calls at a time; clips without a model.")] = None,
    own: Own = None,
) -> None:
    """Run a benchmark under one or several strategies and print the scores; a run that was cut off goes on."""
    inspect_is_here()
    from evals.running import run as run_
    from mentalis.setting_up import with_overrides
    from mentalis.settings import use_weights_of

    given = {"model": model, "base_url": base_url, "media": media, "frames": frames, "seed": seed, "tools": tools}
    settings = with_overrides(None, given)
    use_weights_of(settings)
    usual_at_once = settings.concurrency if settings.model else CLIPS_AT_ONCE
    usual = {
        "frame_choice": settings.frame_choice,
        "data": str(settings.data.absolute()),
        "timeout_s": settings.timeout_s,
        "retries": settings.retries,
        **({"codebook": codebook} if codebook else {}),
        **({"tools": ",".join(settings.tools)} if settings.tools else {}),
    }
    typed = own_pairs(own, {**ARGUMENTS, **{n: f"--{n.replace('_', '-')}" for n in FLAGS}, "concurrency": "--at-once"})
    logs = run_(
        name,
        folder,
        [s for s in strategy.split(",") if s],
        log_dir or Path("logs") / name,
        at_once=usual_at_once if at_once is None else at_once,
        limit=limit,
        shuffle=shuffle,
        model=settings.model or "",
        base_url=settings.base_url or "",
        media=settings.media,
        frames=settings.frames,
        no_tools=no_tools,
        samples=samples,
        seed=settings.seed,
        **{**usual, **typed},
    )
    _print(logs, limit)


@app.command("score")
def score(
    name: Name,
    predictions: Annotated[Path, typer.Option(help="CSV or JSON lines: id, value (or AU1, ...).", show_default=False)],
    gold: Annotated[Path, typer.Option(help="The same with gold (perhaps group), or the data's folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object in place of the table.")] = False,
    own: Own = None,
) -> None:
    """Score anyone's predictions of a benchmark from files; no model is asked."""
    inspect_is_here()
    import json

    from rich.console import Console
    from rich.table import Table

    from evals.prediction_files import score_files
    from evals.registry import benchmark_under

    scores, notes, answers = score_files(benchmark_under(name, **pairs(own)), gold, predictions)
    for note in notes:
        typer.echo(note, err=True)
    if as_json:
        told = {
            s.metric: {
                "value": s.value,
                "interval": [s.interval.low, s.interval.high] if s.interval else None,
                "standard_error": s.standard_error,
                "n": s.n,
                "coverage": s.coverage,
            }
            for s in scores
        }
        typer.echo(json.dumps({"scores": told, "answers": answers._asdict(), "notes": notes}, indent=1))
        return
    table = Table("metric", "value", "standard error", "95 % interval", "n", "coverage", box=None, pad_edge=False)
    for s in scores:
        error = "-" if s.standard_error is None else f"{s.standard_error:.4g}"
        between = f"{s.interval.low:.4g} to {s.interval.high:.4g}" if s.interval else "-"
        basis = ("-", "-") if s.coverage is None else (str(s.n), f"{s.coverage:.3g}")
        table.add_row(s.metric, _value(s.value), error, between, *basis)
    for what, count in answers._asdict().items():
        if what != "asked":
            table.add_row(what, f"{count} of {answers.asked}")
    Console().print(table)


@app.command("au-export")
def au_export(
    folder: Annotated[Path, typer.Argument(help="Folder of clips, also in folders of it.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Table to write.")] = Path("action_units.csv"),
) -> None:
    """Write which action units are seen in each clip of a folder, as `eval score au --predictions` reads them."""
    inspect_is_here()
    from evals.au_export import au_export as export
    from evals.reading import counted
    from mentalis.settings import read_settings, use_weights_of

    settings = read_settings()
    use_weights_of(settings)
    clips = export(folder, out, settings.data)
    typer.echo(f"{out}: {counted(clips, 'clip')}")


@app.command("zero-shot")
def zero_shot(
    name: Name,
    folder: Data,
    encoder: Annotated[str, typer.Option(help="CLIP or SigLIP: a hub id or a folder.", show_default=False)],
    engine: Annotated[str, typer.Option(help="Whose wording is used: clip or emocapclip.")] = "clip",
    out: Annotated[Path, typer.Option(help="Predictions to write.")] = Path("zero_shot.csv"),
) -> None:
    """Name the expression of each face by an encoder alone, for `eval score --predictions`; no model is asked."""
    inspect_is_here()
    from evals.reading import counted
    from evals.zero_shot import zero_shot as export
    from mentalis.settings import read_settings, use_weights_of

    settings = read_settings()
    use_weights_of(settings)
    faces, unread = export(name, folder, out, encoder, engine, settings.data)
    for line in unread:
        typer.echo(f"not read: {line}", err=True)
    left = f"; {len(unread)} could not be read and have no row" if unread else ""
    typer.echo(f"{out}: {counted(faces, 'face')}{left}")


@app.command("calibrate")
def calibrate(
    log: Annotated[Path, typer.Argument(help="Log of a run with a model.", show_default=False)],
) -> None:
    """Fit how a model's confidences are scaled, and keep it with the codebook for later analyses."""
    inspect_is_here()
    from evals.calibrating import calibrate as fit
    from mentalis.settings import read_settings

    found = fit(log, read_settings().data / "calibrations")
    for fitted in found.fitted:
        typer.echo(
            f"{fitted.model} by {fitted.strategy}, {fitted.level} by {fitted.source.replace('_', ' ')}: temperature "
            f"{fitted.temperature:.2f} on {fitted.n} predictions; calibration error {fitted.ece_before:.3f} before, "
            f"{fitted.ece_after:.3f} after, on what it was not fitted on (cross-validated by group)"
        )
    for line in found.left_out:
        typer.echo(f"not kept: {line}", err=True)
    typer.echo(f"kept in {found.file}")


def pairs(given: list[str] | None) -> dict[str, str]:
    """Options of the form NAME=VALUE.

    Raises:
        DatasetError: one is of another form.
    """
    from evals.errors import DatasetError

    wrong = [text for text in given or () if "=" not in text]
    if wrong:
        raise DatasetError(f"-T {wrong[0]}: give NAME=VALUE")
    return dict(text.split("=", 1) for text in given or ())


def own_pairs(given: list[str] | None, taken: Mapping[str, str]) -> dict[str, str]:
    """Options of the form NAME=VALUE, without those that are given otherwise: `taken` says how.

    Raises:
        DatasetError: one is of another form, or is given otherwise.
    """
    from evals.errors import DatasetError

    found = pairs(given)
    for name in found.keys() & taken.keys():
        raise DatasetError(f"-T {name}: give {taken[name]} instead")
    return found


def _print(logs: list[Any], limit: int | None) -> None:
    """The scores of each strategy side by side, and what could not be scored."""
    from rich.console import Console
    from rich.table import Table

    from evals.reporting.logs import file_of, read_log
    from evals.reporting.scoring import scored
    from evals.running import ill, more_than_asked

    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for log in logs:
        table.add_column(log.eval.metadata["strategy"], justify="right")
    read = [read_log(file_of(log)) for log in logs]
    runs = [scored(run, resamples=0) for run in read]
    for of_each in zip(*(run.scores for run in runs), strict=True):
        table.add_row(of_each[0].metric, *map(_told, of_each))
    for share in ("answered", "abstained", "withheld", "unparsed"):
        table.add_row(share, *(f"{round(getattr(run, share) * run.asked)} of {run.asked}" for run in runs))
    Console().print(table)
    for log, run in zip(logs, read, strict=True):
        unscored = log.results.total_samples - log.results.completed_samples
        if unscored:
            typer.echo(f"{unscored} samples failed and are not scored: run again to ask them again", err=True)
        if more := more_than_asked(log, limit):
            typer.echo(more, err=True)
        for line in ill([sample.outcome for sample in run.samples]):
            typer.echo(line, err=True)
        typer.echo(f"log: {run.path}")


def _told(score: "Score") -> str:
    """A score with what it rests on, or why there is none."""
    if score.found is None:
        return f"not defined: {score.note}"
    return f"{_value(score.value)} (n {score.found.n}, coverage {score.found.coverage:.3g})"


def _value(score: float | None) -> str:
    """A score as it is printed; one that is not defined is none, or NaN in a log."""
    return "not defined" if score is None or math.isnan(score) else f"{score:.4g}"


def inspect_is_here() -> None:
    """Make sure that Inspect is installed.

    Raises:
        MentalisError: the extra `evals` is not installed.
    """
    from importlib.util import find_spec

    from perception.errors import MentalisError

    if find_spec("inspect_ai") is None:
        raise MentalisError("benchmarks need the evals extra: python scripts/install.py evals")


@app.command("report")
def report(
    logs: Annotated[list[Path], typer.Argument(help="Logs of runs, or folders of them.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Page to write; its samples' pages lie beside it.")] = Path("report.html"),
    latex: Annotated[
        Path | None, typer.Option(help="Scores as LaTeX; both beside the page when neither is named.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Scores as CSV; both beside the page when neither is named.")] = None,
    resamples: Annotated[int, typer.Option(min=1, help="Of each interval and permutation test.")] = 500,
) -> None:
    """Show runs side by side: scores with intervals, differences, labels, cost, calibration, and every sample."""
    inspect_is_here()
    from evals.reporting.page import write

    for path in write(logs, out, latex, csv, resamples):
        typer.echo(str(path))
