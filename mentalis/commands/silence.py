"""A model that was to judge and never gave a valid answer: what a command says then, and how it ends."""

from typing import TYPE_CHECKING, Union

import typer

if TYPE_CHECKING:
    from agents.incongruity import Incongruities
    from agents.report import Report
    from agents.utterance_emotion import Conversation

Result = Union["Report", "Conversation", "Incongruities"]


def never_answered(result: "Result") -> bool:
    """Whether a model was asked and never gave a valid answer; if so, that is said in a line with the first reason."""
    made = result.provenance if hasattr(result, "provenance") else result
    reasons = [failure.what for failure in result.failures if failure.stage.startswith("agent ")]
    if made.model is None or made.tokens.answered or not reasons:
        return False
    what = "never gave a valid answer" if made.tokens.calls else "never answered"
    typer.echo(f"error: {made.model} {what}, so that nothing here is its judgement: {reasons[0]}", err=True)
    return True


def end_if_silent(result: "Result") -> None:
    """End the command with exit code 1 where the model never answered: what was printed is measurements alone."""
    if never_answered(result):
        raise typer.Exit(1)
