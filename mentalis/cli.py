"""The command line. Each command imports what it needs when it runs, so that `--help` answers at once."""

import sys
from collections.abc import Sequence

import typer

from mentalis import __version__
from mentalis.commands import (
    analyze,
    chat,
    conversation,
    demo,
    eval,
    export,
    incongruity,
    inspection,
    keys,
    model,
    prompt,
    serve,
    train,
    verify,
    weights,
)

app = typer.Typer(
    name="mentalis",
    help="From a clip of people to behaviour, cognition and emotion; every claim names its evidence.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("analyze")(analyze.analyze)
app.command("chat")(chat.chat)
app.command("conversation")(conversation.conversation)
app.command("incongruity")(incongruity.incongruity)
app.command("demo")(demo.demo)
app.command("verify")(verify.verify)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("tools")(inspection.tools)
app.command("graph")(inspection.graph)
app.command("schema")(inspection.schema)
app.command("doctor")(inspection.doctor)
app.command("config")(inspection.config)
app.add_typer(eval.app, name="eval")
app.add_typer(weights.app, name="weights")
app.add_typer(train.app, name="train")
app.add_typer(model.app, name="model")
app.add_typer(prompt.app, name="prompt")
app.add_typer(keys.app, name="keys")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mentalis {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    """From a clip of people to behaviour, cognition and emotion; every claim names its evidence."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; an error that a user can mend is one line, and exit code 2."""
    from perception.errors import MentalisError

    try:
        app(args=list(arguments) if arguments is not None else None)
    except MentalisError as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)  # one line, whatever a library put into it
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("stopped; `--resume` goes on from the last finished step", err=True)
        sys.exit(130)
