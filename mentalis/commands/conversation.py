"""`mentalis conversation`: the emotion of each utterance of a clip, or of a transcript alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mentalis.commands.options import AsJson, BaseUrl, Codebook, Media, Model, Seed
from mentalis.commands.silence import end_if_silent

if TYPE_CHECKING:
    from agents.utterance_emotion import Conversation


def conversation(
    clip: Annotated[Path | None, typer.Argument(help="A clip; without one the words alone are judged.")] = None,
    transcript: Annotated[Path | None, typer.Option(help="What is said: SRT, WebVTT or JSON.")] = None,
    listener: Annotated[bool, typer.Option("--listener", help="Judge the one who listens, of two people.")] = False,
    window: Annotated[int, typer.Option(min=0, help="Utterances before that are told word by word.")] = 8,
    model: Model = None,
    base_url: BaseUrl = None,
    media: Media = None,
    codebook: Codebook = None,
    seed: Seed = None,
    json: AsJson = False,
) -> None:
    """Judge the emotion of each utterance, with the evidence for it."""
    from mentalis.conversing import converse
    from mentalis.progress import Progress

    with Progress((clip or transcript or Path("conversation")).name, quiet=json) as progress:
        found = converse(
            clip,
            transcript=transcript,
            listener=listener,
            window=window,
            model=model,
            base_url=base_url,
            media=media,
            codebook=codebook,
            seed=seed,
            on_event=progress.tell,
        )
    if json:
        typer.echo(found.model_dump_json())
    else:
        show(found)
    end_if_silent(found)


def show(found: "Conversation") -> None:
    """Print it for a person to read."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from agents.report import told_once

    console = Console(highlight=False)
    table = Table("time", "who", "words", f"{found.about}'s emotion", "sure", "evidence", box=None)
    for u in found.utterances:
        who = " ".join(dict.fromkeys(filter(None, (u.speaker, u.person)))) or "?"
        label = Text(u.reason, style="dim") if u.abstained else Text(u.label)
        sure = "" if u.abstained else f"{u.confidence:.2f} {u.confidence_from.replace('_', ' ')}"
        table.add_row(f"{u.start_s:.1f}-{u.end_s:.1f} s", Text(who), Text(u.text), label, sure, ", ".join(u.evidence))
    console.print(table)
    for c in found.calibrations:
        console.print(
            Text(
                f"- confidences by {c.source.replace('_', ' ')} are scaled: temperature {c.temperature:.2f}",
                style="dim",
            )
        )
    for line in (*found.notes, *told_once(found.failures)):
        console.print(Text(f"- {line}", style="dim"))
    if found.rejected:
        console.print(Text(f"- {len(found.rejected)} answers of the model were rejected (see --json)", style="dim"))
