"""`mentalis analyze`: one clip, several, or folders of them."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalis.commands.options import AsJson, BaseUrl, Codebook, Media, Model, Seed, Strategy, Tools, Transcript
from mentalis.commands.silence import end_if_silent, never_answered

if TYPE_CHECKING:
    from agents.report import Report

CLIPS = (".mp4", ".mov", ".webm", ".avi", ".mkv", ".gif", ".m4v")


def analyze(
    clips: Annotated[list[Path], typer.Argument(help="Clips, or folders of clips.", show_default=False)],
    transcript: Transcript = None,
    view: Annotated[
        list[str] | None,
        typer.Option(
            help="A further camera's file; FILE@SECONDS says when its first picture was taken.", metavar="FILE"
        ),
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    media: Media = None,
    strategy: Strategy = None,
    codebook: Codebook = None,
    tools: Tools = None,
    tool: Annotated[list[str] | None, typer.Option(help="A tool of your own, as module:name.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="An option of a tool, as tool.name=value.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for report.json, signals.parquet and report.html.")] = None,
    json: AsJson = False,
    jobs: Annotated[int, typer.Option(min=1, help="Of several clips, so many at a time; they share the cores.")] = 1,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    check_gestures: Annotated[
        bool | None,
        typer.Option("--check-gestures/--no-check-gestures", help="Let the model look at each gesture measured."),
    ] = None,
    max_revisions: Annotated[int | None, typer.Option(help="Rounds that the critic may ask for.")] = None,
    seed: Seed = None,
    cache: Annotated[bool | None, typer.Option("--cache/--no-cache", help="Reuse earlier results.")] = None,
) -> None:
    """Measure a clip, reason about it, and report claims with their evidence."""
    from mentalis.settings import read_settings

    options: dict[str, Any] = {
        "tools": chosen_tools(tools or [], tool or [], option or [], read_settings().tools),
        "resume": resume,
        "model": model,
        "base_url": base_url,
        "media": media,
        "strategy": strategy,
        "codebook": codebook,
        "check_gestures": check_gestures,
        "max_revisions": max_revisions,
        "seed": seed,
        "cache": cache,
    }
    files = clips_in(clips)
    if out is not None:
        check_writable(out)
    if len(files) == 1:
        report = run(files[0], {**options, "transcript": transcript, "views": view or ()}, quiet=json)
        show(report, files[0], out, json)
        end_if_silent(report)
        return
    if transcript is not None or view:
        raise typer.BadParameter("--transcript and --view go with one clip, not with several")
    options["isolate"] = True
    if not asyncio.run(analyze_all(files, folders_for(files, out), options, jobs, json)):
        raise typer.Exit(1)


async def analyze_all(
    files: list[Path], folders: list[Path | None], options: dict[str, Any], jobs: int, as_json: bool
) -> bool:
    """Analyse clips, so many at a time, each on cores of its own, and print each report; whether all went well."""
    from perception.errors import MentalisError

    free: asyncio.Queue[tuple[int, ...]] = asyncio.Queue()
    for cores in shared_cores(jobs):
        free.put_nowait(cores)
    failed = silent = 0

    async def one(file: Path, folder: Path | None) -> None:
        nonlocal failed, silent
        cores = await free.get()
        try:
            at_once = {**options, "worker_cores": ",".join(map(str, cores)) or None}
            report = await follow(file, at_once, quiet=as_json or jobs > 1)
            show(report, file, folder, as_json)
            silent += never_answered(report)
        except MentalisError as error:
            typer.echo(f"error: {error}", err=True)
            failed += 1
        finally:
            free.put_nowait(cores)

    await asyncio.gather(*(one(*pair) for pair in zip(files, folders, strict=True)))
    typer.echo(f"{len(files) - failed} of {len(files)} clips analysed", err=True)
    return failed + silent == 0


def shared_cores(jobs: int) -> list[tuple[int, ...]]:
    """The cores of each of some jobs: all for one, a fair share for several, none set where there are not enough."""
    import os

    cores = sorted(os.sched_getaffinity(0))
    if jobs == 1 or jobs > len(cores):
        return [()] * jobs
    return [tuple(cores[n::jobs]) for n in range(jobs)]


def run(clip: Path, options: dict[str, Any], *, quiet: bool) -> "Report":
    """Analyse one clip, showing progress on standard error."""
    return asyncio.run(follow(clip, options, quiet=quiet))


async def follow(clip: Path, options: dict[str, Any], *, quiet: bool) -> "Report":
    """Analyse one clip in a running loop, showing progress on standard error."""
    from mentalis.api import stream
    from mentalis.progress import Progress

    report = None
    with Progress(clip.name, quiet=quiet) as progress:
        async for event in stream(clip, **options):
            progress.tell(event)
            if event.kind == "report":
                report = event.report
    assert report is not None
    return report


def show(report: "Report", clip: Path, out: Path | None, as_json: bool) -> None:
    """Print the report and write its files."""
    if as_json:
        typer.echo(report.model_dump_json())
    else:
        from reports.terminal import print_report

        print_report(report)
    if out is not None:
        from reports.writing import write_report

        written = write_report(report, out)
        typer.echo("written: " + ", ".join(str(path) for path in written), err=True)


def check_writable(folder: Path) -> None:
    """Know before a long analysis whether its report can be written; nothing is made yet.

    Raises:
        ReportError: the folder can't be made or written into.
    """
    import os

    from reports.writing import ReportError

    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        why = "no permission" if existing.is_dir() else f"{existing} is a file"
        raise ReportError(f"--out {folder} can't be written: {why}; choose another folder")


def clips_in(paths: list[Path]) -> list[Path]:
    """The clips themselves, and those in the folders (not deeper), in order of name.

    Raises:
        ClipError: a folder without a clip.
    """
    from perception.errors import ClipError

    files = []
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.iterdir() if p.suffix.lower() in CLIPS and p.is_file())
            if not inside:
                raise ClipError(f"{path} has no clip in it ({', '.join(CLIPS)})")
            files += inside
        else:
            files.append(path)
    return files


def folders_for(files: list[Path], out: Path | None) -> list[Path | None]:
    """A folder of its own for each clip, by its name; a number is added where two clips share one."""
    if out is None:
        return [None] * len(files)
    folders: list[Path | None] = []
    for file in files:
        folder, n = out / file.stem, 1
        while folder in folders:
            n += 1
            folder = out / f"{file.stem}-{n}"
        folders.append(folder)
    return folders


def chosen_tools(
    named: list[str], references: list[str], options: list[str], configured: tuple[str, ...]
) -> list[Any] | None:
    """Tools by name and by module:name, with their options; none when the default set is meant."""
    from perception.errors import OptionError
    from perception.tool import BUILT_IN, load_tool, make_tool

    by_tool: dict[str, dict[str, str]] = {}
    for assignment in options:
        tool, dot, rest = assignment.partition(".")
        name, equals, value = rest.partition("=")
        if not (dot and equals):
            raise OptionError(f"--option {assignment!r}: give it as tool.name=value")
        by_tool.setdefault(tool, {})[name] = value
    if named and not any(name.strip() for names in named for name in names.split(",")):
        raise OptionError("--tools names no tool; leave it out for the default set")
    wanted = [name.strip() for names in named for name in names.split(",") if name.strip()]
    own = [load_tool(reference) for reference in references]
    if not (wanted or own or by_tool):
        return None
    names = list(dict.fromkeys([*(wanted or configured or BUILT_IN), *own, *by_tool]))
    return [make_tool(name, **by_tool.get(name, {})) for name in names]
