"""`mentalis demo`: a clip with known truth, made, analysed and compared."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the clip, its truth and the report.")] = Path("mentalis-demo"),
) -> None:
    """Make a clip whose truth is known, analyse it, and print what was found against what is true."""
    from mentalis.commands.analyze import run, show
    from mentalis.demo import compare, make_demo
    from reports.terminal import print_comparison

    typer.echo("making a clip from a photograph (NASA, public domain) ...", err=True)
    made = make_demo(out)
    report = run(made.clip, {"transcript": made.transcript}, quiet=False)
    show(report, made.clip, out, as_json=False)
    rows = compare(made.truth, report.evidence.observations)
    print_comparison(rows)
    typer.echo(f"report: {out / 'report.json'} and {out / 'report.html'}")
    if not all(row.ok for row in rows):
        raise typer.Exit(1)
