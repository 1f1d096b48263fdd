"""`mentalis chat`: questions about a clip, asked on the command line or one after the other at a prompt."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mentalis.commands.options import BaseUrl, Codebook, Media, Model, Seed, Tools, Transcript

if TYPE_CHECKING:
    from agents.chat_history import ChatAnswer


def chat(
    clip: Annotated[Path, typer.Argument(help="A clip; it is analysed first.", show_default=False)],
    ask: Annotated[
        list[str] | None, typer.Option(help="A question; several are asked in turn. Without, questions are read.")
    ] = None,
    transcript: Transcript = None,
    model: Model = None,
    base_url: BaseUrl = None,
    media: Media = None,
    codebook: Codebook = None,
    tools: Tools = None,
    seed: Seed = None,
    json: Annotated[bool, typer.Option("--json", help="Print each answer as a line of JSON.")] = False,
) -> None:
    """Ask questions about a clip; answers cite the evidence. Without a model they are found in the report."""
    from graphs.chat import check_question, converse
    from mentalis.chatting import opened
    from mentalis.commands.analyze import chosen_tools, follow
    from mentalis.settings import read_settings

    for question in ask or ():
        check_question(question)  # before the clip is analysed, which takes long
    options: dict[str, Any] = {
        "model": model, "base_url": base_url, "media": media, "codebook": codebook, "seed": seed
    }  # fmt: skip
    with_tools = {"tools": chosen_tools(tools or [], [], [], read_settings().tools), "resume": True}
    history = None
    with asyncio.Runner() as runner:  # one event loop for all questions: a model's connections belong to it
        report = runner.run(follow(clip, {**options, **with_tools, "transcript": transcript}, quiet=json))
        stack = AsyncExitStack()
        about = runner.run(stack.enter_async_context(opened(report, clip=clip, transcript=transcript, **options)))
        try:
            for question in questions(ask):
                answer = runner.run(converse(question, about, history))
                history = answer.history
                typer.echo(answer.model_dump_json(exclude={"history"}) if json else told(answer))
        finally:
            runner.run(stack.aclose())


def questions(asked: list[str] | None) -> Iterator[str]:
    """Those given, or lines that are read: at a prompt with history where someone types, until an empty end."""
    if asked:
        yield from asked
        return
    typing = sys.stdin.isatty()
    if typing:
        import readline  # noqa: F401  # input() edits lines and remembers them once this is imported
    while True:
        try:
            line = input("? " if typing else "").strip()
        except EOFError:
            return
        if line:
            yield line


def told(answer: "ChatAnswer") -> str:
    """An answer as lines: what was done for it, the text, what it cites, notes."""
    lines = [f"  {step.do} {_arguments(step.arguments)}: {step.outcome}" for step in answer.steps]
    lines.append(answer.text)
    lines += [f"  [{source.id}] {source.text}" for source in answer.citations]
    lines += [f"  note: {note}" for note in answer.notes]
    return "\n".join((*lines, ""))


def _arguments(arguments: dict[str, str | int | None]) -> str:
    return ", ".join(f"{name} {value}" for name, value in arguments.items() if value is not None)
