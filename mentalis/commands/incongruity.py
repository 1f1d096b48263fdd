"""`mentalis incongruity`: where words do not go with face or voice."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mentalis.commands.options import AsJson, BaseUrl, Codebook, Media, Model, Seed, Transcript
from mentalis.commands.silence import end_if_silent

if TYPE_CHECKING:
    from agents.incongruity import Incongruities


def incongruity(
    clip: Annotated[Path, typer.Argument(help="A clip.", show_default=False)],
    transcript: Transcript = None,
    model: Model = None,
    base_url: BaseUrl = None,
    media: Media = None,
    codebook: Codebook = None,
    seed: Seed = None,
    json: AsJson = False,
) -> None:
    """Find sarcasm, masking and other conflicts of words with face or voice, with the evidence of both sides."""
    from mentalis.conversing import incongruities
    from mentalis.progress import Progress

    with Progress(clip.name, quiet=json) as progress:
        found = incongruities(
            clip,
            transcript=transcript,
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


def show(found: "Incongruities") -> None:
    """Print it for a person to read."""
    from rich.console import Console
    from rich.text import Text

    from agents.report import told_once

    console = Console(highlight=False)
    if not found.conflicts:
        console.print(nothing_found(found))
    for c in found.conflicts:
        who = c.person or c.speaker or "someone"
        kind = c.kind.replace("_", " ")
        sure = f"{c.confidence:.2f} {c.confidence_from.replace('_', ' ')}"
        console.print(Text(f"{c.start_s:.1f}-{c.end_s:.1f} s  {who}: “{c.text}”\n  {kind} ({c.level}, {sure})"))
        console.print(Text(f"  {c.reason}\n  words: {', '.join(c.words)}; signs: {', '.join(c.signs)}", style="dim"))
    for why in dict.fromkeys(found.not_judged.values()):
        places = [str(index) for index, reason in found.not_judged.items() if reason == why]
        which = f"utterances {', '.join(places)} were" if len(places) > 1 else f"utterance {places[0]} was"
        console.print(Text(f"- {which} not judged: {why}", style="dim"))
    for line in (*found.notes, *told_once(found.failures)):
        console.print(Text(f"- {line}", style="dim"))
    if found.rejected:
        console.print(Text(f"- {len(found.rejected)} answers of the model were rejected (see --json)", style="dim"))


def nothing_found(found: "Incongruities") -> str:
    """That there is no conflict, as far as utterances were judged."""
    if not found.judged:
        return "No utterance could be judged."
    of = f" in the {len(found.judged)} of {len(found.judged) + len(found.not_judged)} utterances that were judged"
    return f"No conflict between words, face and voice was found{of if found.not_judged else ''}."
