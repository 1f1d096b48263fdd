"""`mentalis deidentify`: a clip with covered or redrawn faces, and what can still be measured in it."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from perception.deidentify.utility import UtilityReport


class Method(StrEnum):
    """How faces are hidden."""

    MASK = "mask"
    PIXELATE = "pixelate"
    BLUR = "blur"
    AVATAR = "avatar"


class Audio(StrEnum):
    """What becomes of the sound."""

    DROP = "drop"
    PITCH = "pitch"


def deidentify(
    clip: Annotated[Path, typer.Argument(help="A video file; it is never changed.", show_default=False)],
    method: Annotated[Method, typer.Option(help="How faces are hidden.", show_default=False)],
    out: Annotated[Path, typer.Option(help="File to write, .mp4 or .mov.", show_default=False)],
    audio: Annotated[Audio, typer.Option(help="No sound, or its pitch shifted.")] = Audio.DROP,
    report: Annotated[Path | None, typer.Option(help="JSON file for the utility report.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="module:function of face crops (N,H,W,3) to embeddings (N,D).")
    ] = None,
) -> None:
    """Write a clip anew with its faces covered or redrawn, without metadata, and say what can still be measured."""
    from rich.console import Console

    from mentalis.commands.weights import use_settings
    from perception.clip import Clip
    from perception.deidentify.export import check_output
    from perception.deidentify.export import deidentify as export
    from perception.deidentify.likeness import load_encoder

    use_settings()
    opened = Clip.open(clip)
    check_output(opened, out)
    _check_report(report, clip, out)
    chosen = load_encoder(encoder) if encoder else None
    with Console(stderr=True, highlight=False).status(f"de-identifying {clip.name}: measuring") as line:
        told = export(
            opened,
            out,
            method.value,
            audio=audio.value,
            encoder=chosen,
            on_progress=lambda stage, time_s: line.update(f"{stage}, {time_s:.0f} of {opened.duration_s:.0f} s"),
        )
    if report is not None:
        part = report.with_name(f".{report.name}.part")
        part.write_text(told.model_dump_json(indent=2) + "\n", encoding="utf-8")
        part.replace(report)
    _show(told)
    typer.echo(str(out))


def _check_report(report: Path | None, clip: Path, out: Path) -> None:
    from perception.errors import DeidentifyError

    if report is None:
        return
    if report.absolute() == out.absolute() or (report.exists() and report.samefile(clip)):
        raise DeidentifyError(f"{report}: the report would overwrite the clip or its export; give another name")
    if not report.parent.is_dir() or report.is_dir():
        raise DeidentifyError(f"{report}: not a file in a folder that exists; make the folder first")


def _show(told: "UtilityReport") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=True, highlight=False)
    table = Table(title=f"de-identified by {told.method}; sound: {told.audio}", title_justify="left", show_header=False)
    for one in told.coverage:
        text = f"a face on {one.before} of {one.pictures} pictures before, {one.after} after"
        table.add_row(f"detector {one.detector}", text)
    if told.pictures_covered:
        counts = ", ".join(f"{name} {count}" for name, count in sorted(told.pictures_covered.items()))
        table.add_row("pictures covered", counts)
    if told.solid_places:
        table.add_row("covered solid", solid_told(told))
    table.add_row("action units", summed_up(told))
    for rate in told.heart_rate:
        table.add_row(f"heart rate {rate.person or ''}".rstrip(), rate.text)
    gestures = told.gestures
    f1 = "" if gestures.event_f1 is None else f"; event F1 {gestures.event_f1:.2f}"
    table.add_row(
        "micro-gestures", f"{gestures.events_before} before, {gestures.events_after} after ({gestures.text}{f1})"
    )
    table.add_row("SSIM", f"{told.ssim:.3f}")
    if told.likeness:
        alike = told.likeness
        table.add_row(
            "face embeddings", f"cosine {alike.before_and_after:.2f} before to after, at most {alike.most:.2f}"
        )
    console.print(table)
    for warning in told.warnings:
        console.print(f"[yellow]note[/] {warning}", soft_wrap=True)  # a warning is a line, also in a file or a pipe


def solid_told(told: "UtilityReport") -> str:
    """What was covered solid after a first writing, and why."""
    places = f"{told.solid_places} place{'s' if told.solid_places > 1 else ''}"
    pictures = f"{told.pictures_solid} picture{'s' if told.pictures_solid > 1 else ''}"
    return f"{places} on {pictures}, where a face, or what looks like one, was found after writing"


def summed_up(told: "UtilityReport") -> str:
    """The agreement of the action units in a line."""
    rs = [unit.r for unit in told.action_units if unit.r is not None]
    if rs:
        middle = sorted(rs)[len(rs) // 2]
        return f"median correlation {middle:.2f} of {len(rs)} that move (from {min(rs):.2f} to {max(rs):.2f})"
    return told.action_units[0].text if told.action_units else "none was measured before"
