"""`mentalis verify`: statements about a clip, each held true or not, and why."""

from pathlib import Path
from typing import Annotated

import typer

from mentalis.commands.options import AsJson, BaseUrl, Codebook, Media, Model, Seed, Transcript


def verify(
    clip: Annotated[Path, typer.Argument(help="A clip.", show_default=False)],
    statements: Annotated[list[str], typer.Argument(help="Statements, each in quotes.", show_default=False)],
    variant: Annotated[
        str, typer.Option(help="base, mek, pep, pep-mek, base+tools or pep-mek+tools.", metavar="NAME")
    ] = "pep-mek+tools",
    transcript: Transcript = None,
    model: Model = None,
    base_url: BaseUrl = None,
    media: Media = None,
    codebook: Codebook = None,
    seed: Seed = None,
    json: AsJson = False,
) -> None:
    """Have a model verify statements about a clip: predict, explain, predict again (PEP-MEK).

    Of what is never judged, and of people or times that the clip does not have, no model is asked.
    """
    from mentalis.progress import Progress
    from mentalis.verifying import verify as verified

    with Progress(clip.name, quiet=json) as progress:
        found = verified(
            clip,
            statements,
            variant=variant,
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
        return
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    for statement in found.statements:
        sure = "" if statement.probability is None else f" (probability of YES {statement.probability:.2f})"
        answer = statement.unjudged or ("YES" if statement.holds else "NO")
        typer.echo(f"{answer}{sure}: {statement.statement}")
        if statement.reason:
            typer.echo(f"    {statement.reason}")
