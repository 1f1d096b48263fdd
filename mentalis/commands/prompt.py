"""`mentalis prompt`: what agents are told, word by word."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mentalis.commands.options import BaseUrl, Codebook, Media, Model, SomeTools, Strategy, Transcript

app = typer.Typer(help="What agents are told about a clip, word by word.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the agents whose prompts can be shown, and every prompt's version and hash."""
    from agents.showing.prompt_file import prompt_names, read_prompt
    from mentalis.prompting import AGENTS, PARTS

    for name in prompt_names():
        agent = name.removesuffix(".md")
        prompt = read_prompt(name)
        shown = "" if agent in AGENTS else "  (a part of all)" if agent in PARTS else "  (about pictures of a gesture)"
        typer.echo(f"{agent}  version {prompt.version}  {prompt.sha256[:12]}{shown}")


@app.command("show")
def show(
    agent: Annotated[str, typer.Argument(help="An agent's name, as `prompt list` has it.", show_default=False)],
    clip: Annotated[Path, typer.Option(help="The clip that it is asked about.", show_default=False)],
    transcript: Transcript = None,
    codebook: Codebook = None,
    person: Annotated[str | None, typer.Option(help="Whom it is asked about; the first when not given.")] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    strategy: Strategy = None,
    media: Media = None,
    tools: SomeTools = None,
    listener: Annotated[bool, typer.Option("--listener", help="utterance_emotion: of the one who listens.")] = False,
    ask: Annotated[str | None, typer.Option(help="chat, choosing: the question; a usual one when not given.")] = None,
    option: Annotated[list[str] | None, typer.Option(help="choosing: an answer; yes and no when not given.")] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the answer, too.")] = False,
) -> None:
    """Print exactly what an agent would be sent, and how many tokens that is; of several questions the first.

    With a model, claims of earlier levels are asked of it (answers are kept); without one they are the knowledge
    reasoner's, and the text is what a model that takes no pictures would be sent.
    """
    import asyncio
    import json

    from graphs.chat import check_question
    from graphs.previewing import Preview
    from mentalis.prompting import USUAL_QUESTION, previewed
    from mentalis.setting_up import with_overrides
    from mentalis.token_count import TokenCount, count

    if ask is not None:
        check_question(ask)  # before the clip is measured, which takes long
    given = {"codebook": codebook, "model": model, "base_url": base_url, "tools": tools}
    settings = with_overrides(None, {**given, "strategy": strategy, "media": media})

    async def made() -> tuple[Preview, TokenCount]:
        found = await previewed(
            agent,
            clip,
            settings,
            transcript=transcript,
            person=person,
            listener=listener,
            question=USUAL_QUESTION if ask is None else ask,
            options=option or ("yes", "no"),
        )
        return found, await count(found.messages, settings, found.case.presentation)

    found, counted = asyncio.run(made())
    for message in found.messages:
        typer.echo(f"--- {message['role']}")
        for line in told(message["content"], found.case.presentation.moments_s):
            typer.echo(line)
    if schema:
        typer.echo(f"--- schema of the answer\n{json.dumps(found.schema, indent=1)}")
    typer.echo(f"--- {counted.tokens} tokens ({counted.how})")
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)


def told(content: str | list[dict[str, Any]], moments_s: tuple[float, ...]) -> list[str]:
    """A message's parts: text as it is, media by kind and size, pictures by the frame that they show."""
    from agents.showing.media import frame_id

    if isinstance(content, str):
        return [content]
    frames = iter(map(frame_id, moments_s))
    lines = []
    for part in content:
        if part["type"] == "text":
            lines.append(part["text"])
        else:
            kind, kilobytes = _medium(part)
            of = f", {next(frames)}" if part["type"] == "image_url" else ""
            lines.append(f"[{kind} {kilobytes} kB{of}]")
    return lines


def _medium(part: dict[str, Any]) -> tuple[str, int]:
    if part["type"] == "input_audio":
        kind, data = "audio/wav", part["input_audio"]["data"]
    else:
        kind, _, data = part[part["type"]]["url"].removeprefix("data:").partition(";base64,")
    return kind, round(len(data) * 3 / 4 / 1000)
