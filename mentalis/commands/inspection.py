"""Commands that show what is there: tools, graphs, schemas, settings, and whether all is well."""

from collections.abc import Callable
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer

USUAL = "cascade+critic"


class Graph(StrEnum):
    """Graphs that can be drawn."""

    MENTAL_STATE = "mental_state"
    PEP_MEK = "pep_mek"
    CONVERSATION = "conversation"
    INCONGRUITY = "incongruity"
    CHAT = "chat"


class Schema(StrEnum):
    """Types whose JSON Schema is published."""

    REPORT = "report"
    CLAIM = "claim"
    EVIDENCE = "evidence"
    OBSERVATION = "observation"
    SIGNAL = "signal"
    FINDINGS = "findings"
    CLIP = "clip"
    CODEBOOK = "codebook"
    VERIFICATION = "verification"
    CONVERSATION = "conversation"
    INCONGRUITIES = "incongruities"
    CHAT_ANSWER = "chat_answer"


def tools() -> None:
    """List the tools with what they need, their version, and their options with the values that they can take."""
    import inspect

    from rich.console import Console
    from rich.padding import Padding

    from perception.tool import factories

    console = Console(highlight=False)
    for name, factory in factories().items():
        tool = factory()
        needs = f"needs {', '.join(tool.needs)}" if tool.needs else "needs nothing"
        uses = f", uses {', '.join(tool.uses)} where that runs" if tool.uses else ""
        console.print(f"[bold]{name}[/bold] {tool.version}: {needs}{uses}")
        console.print(Padding(tool.summary, (0, 0, 0, 2)))
        for option, parameter in inspect.signature(factory, eval_str=True).parameters.items():
            values = _values(parameter.annotation)
            console.print(Padding(f"--option {name}.{option}={values} (default: {parameter.default})", (0, 0, 0, 2)))


def _values(annotation: object) -> str:
    """The values that an option can take: all of them where they are few, else their kind."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):  # a literal beside names of methods
        return "|".join(_values(part) for part in get_args(annotation))
    if get_origin(annotation) is Literal:
        return "|".join(_values(part) if get_origin(part) else str(part) for part in get_args(annotation))
    return {int: "N", float: "X", bool: "true|false"}.get(annotation, "TEXT")  # type: ignore[call-overload,no-any-return]


def graph(
    name: Annotated[Graph, typer.Argument(help="Which graph.")] = Graph.MENTAL_STATE,
    strategy: Annotated[str, typer.Option(help="Of mental_state: single, vote, debate, cascade, ...")] = USUAL,
) -> None:
    """Draw a graph as Mermaid."""
    from graphs import chat, conversation, incongruity, mental_state, pep_mek
    from mentalis.settings import SettingsError

    if strategy not in mental_state.PARTS:
        raise SettingsError(f"strategy {strategy!r} is none of {', '.join(mental_state.PARTS)}")
    builders: dict[Graph, Callable[[], Any]] = {
        Graph.MENTAL_STATE: lambda: mental_state.build(strategy=strategy),
        Graph.PEP_MEK: lambda: pep_mek.build(pep_mek.VARIANTS["pep-mek+tools"]),
        Graph.CONVERSATION: conversation.build,
        Graph.INCONGRUITY: incongruity.build,
        Graph.CHAT: chat.build,
    }
    typer.echo(builders[name]().get_graph().draw_mermaid())


def schema(name: Annotated[Schema, typer.Argument(help="Which type.")] = Schema.REPORT) -> None:
    """Print a type's JSON Schema."""
    import json

    from pydantic import BaseModel

    from agents.chat_history import ChatAnswer
    from agents.claims import Claim
    from agents.codebook import Codebook
    from agents.incongruity import Incongruities
    from agents.report import Report
    from agents.utterance_emotion import Conversation
    from mentalis.verifying import Verification
    from perception.clip import Clip
    from perception.evidence import Evidence, Findings, Observation, Signal

    types: dict[Schema, type[BaseModel]] = {
        Schema.REPORT: Report,
        Schema.CLAIM: Claim,
        Schema.EVIDENCE: Evidence,
        Schema.OBSERVATION: Observation,
        Schema.SIGNAL: Signal,
        Schema.FINDINGS: Findings,
        Schema.CLIP: Clip,
        Schema.CODEBOOK: Codebook,
        Schema.VERIFICATION: Verification,
        Schema.CONVERSATION: Conversation,
        Schema.INCONGRUITIES: Incongruities,
        Schema.CHAT_ANSWER: ChatAnswer,
    }
    draft = "https://json-schema.org/draft/2020-12/schema"
    typer.echo(json.dumps({"$schema": draft, **types[name].model_json_schema(mode="serialization")}, indent=2))


def doctor() -> None:
    """Check this installation: Python, packages, weights, settings, endpoint, disk."""
    from rich.console import Console
    from rich.markup import escape

    from mentalis.doctor import examine

    console = Console()
    ills = 0
    for finding in examine():
        mark = {"ok": "[green]ok[/]  ", "note": "[yellow]note[/]", "ill": "[red]ill[/] "}[finding.state]
        console.print(f"{mark} {escape(f'{finding.subject}: {finding.text}')}", highlight=False)
        ills += finding.state == "ill"
    raise typer.Exit(1 if ills else 0)


def config() -> None:
    """Print the settings in force, secrets masked."""
    from mentalis.settings import Settings, read_settings

    settings = read_settings()
    for name in Settings.model_fields:
        origin = "set" if name in settings.model_fields_set else "default"
        typer.echo(f"{name} = {getattr(settings, name)}  ({origin})")
