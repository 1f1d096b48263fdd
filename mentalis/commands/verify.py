"""`mentalis verify`: statements about a clip, each held true or not, and why."""

from pathlib import Path
from typing import Annotated

import typer


def verify(
    clip: Annotated[Path, typer.Argument(help="A clip.", show_default=False)],
    statements: Annotated[list[str], typer.Argument(help="Statements, each in quotes.", show_default=False)],
    variant: Annotated[
        str, typer.Option(help="base, mek, pep, pep-mek, base+tools or pep-mek+tools.", metavar="NAME")
    ] = "pep-mek+tools",
    transcript: Annotated[Path | None, typer.Option(help="Words of the clip: SRT, WebVTT, JSON or text.")] = None,
    model: Annotated[str | None, typer.Option(help="Model at the endpoint, or transformers:<id or folder>.")] = None,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Have a model verify statements about a clip: predict, explain, predict again (PEP-MEK)."""
    from mentalis.verifying import verify as verified

    found = verified(clip, statements, variant=variant, transcript=transcript, model=model, base_url=base_url)
    if json:
        typer.echo(found.model_dump_json())
        return
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    for statement in found.statements:
        sure = "" if statement.probability is None else f" (probability of YES {statement.probability:.2f})"
        typer.echo(f"{'YES' if statement.holds else 'NO'}{sure}: {statement.statement}")
        if statement.reason:
            typer.echo(f"    {statement.reason}")
