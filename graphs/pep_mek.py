"""Statements verified: take notes, predict, explain, predict again; the parts of PEP-MEK can be left out to compare."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypedDict, TypeVar

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from pydantic import BaseModel

from agents.agent import Agent, Model, background_of
from agents.case import Background, Case
from agents.models.errors import ModelError
from agents.models.label_odds import label_odds
from agents.pep_mek import NO, YES, Answers, Explanations, Statement, explain, holds, predict, reasons_in, take_notes
from agents.report import TokenUse
from agents.showing.messages import Turn, task
from agents.showing.presentation import Presentation
from graphs.asking import Asked, put
from graphs.state import Json
from perception.clip import Clip

T = TypeVar("T", bound=BaseModel)


class Variant(NamedTuple):
    """Which parts of PEP-MEK are used."""

    knowledge: bool  # modality and emotion knowledge is extracted first (MEK)
    explained: bool  # the first prediction is explained and verified, then made again (PEP)
    tools: bool  # measurements are shown


VARIANTS = {
    "base": Variant(False, False, False),
    "mek": Variant(True, False, False),
    "pep": Variant(False, True, False),
    "pep-mek": Variant(True, True, False),
    "base+tools": Variant(False, False, True),
    "pep-mek+tools": Variant(True, True, True),
}


def background(variant: Variant) -> Background:
    """What is told of signs in general: nothing unless knowledge is part of the variant."""
    return background_of((take_notes(),)) if variant.knowledge else Background()


@dataclass(frozen=True)
class Question:
    """Everything live that a verification needs."""

    case: Case
    clip: Clip | None  # none: words alone
    model: Model
    statements: tuple[Statement, ...]
    variant: Variant


class State(TypedDict, total=False):
    """The conversation so far as tasks and answers, and what came of it; small JSON values only."""

    turns: list[tuple[str, str]]
    presentation: Json
    first: dict[str, bool]
    final: dict[str, bool]
    probabilities: dict[str, float]
    reasons: dict[str, str]
    notes: list[str]
    tokens: Json


class Verification(NamedTuple):
    """Whether each statement holds, by its id."""

    first: dict[str, bool]  # before the explanation; the same as `final` where nothing is explained
    final: dict[str, bool]
    probabilities: dict[str, float]  # of YES, where the endpoint tells them
    reasons: dict[str, str]
    presentation: Presentation
    tokens: TokenUse
    notes: tuple[str, ...]  # why the model was shown less than was meant


async def verify(question: Question) -> Verification:
    """Verify statements about a clip, at most `MOST_STATEMENTS` at a time.

    Raises:
        ModelError: the model can't be reached, refuses, or never gives a valid answer.
    """
    state = await build(question.variant).ainvoke({}, context=question)
    return Verification(
        first=state.get("first", state["final"]),
        final=state["final"],
        probabilities=state.get("probabilities", {}),
        reasons=state.get("reasons", {}),
        presentation=Presentation.model_validate(state["presentation"]),
        tokens=TokenUse.model_validate(state["tokens"]),
        notes=tuple(state["notes"]),
    )


async def notes(state: State, runtime: Runtime[Question]) -> State:
    """What each channel shows and what is known of such signs."""
    return (await _turn(take_notes(), state, runtime.context))[1]


async def first(state: State, runtime: Runtime[Question]) -> State:
    """A first prediction of each statement."""
    answer, update = await _turn(predict(runtime.context.statements), state, runtime.context)
    return {**update, "first": holds(answer.content)}


async def reasons(state: State, runtime: Runtime[Question]) -> State:
    """Why, and which part of a statement is wrong."""
    agent: Agent[Explanations] = explain(runtime.context.statements)
    answer, update = await _turn(agent, state, runtime.context)
    return {**update, "reasons": reasons_in(answer.content)}


async def final(state: State, runtime: Runtime[Question]) -> State:
    """The prediction that counts."""
    statements = runtime.context.statements
    agent: Agent[Answers] = predict(statements, again=runtime.context.variant.explained)
    answer, update = await _turn(agent, state, runtime.context)
    odds = {s.id: label_odds(answer.odds, s.id, (YES, NO)) for s in statements}
    told = {id_: round(found[0][YES], 4) for id_, found in odds.items() if found and found[0] is not None}
    return {**update, "final": holds(answer.content), "probabilities": told}


def build(variant: Variant) -> CompiledStateGraph[State, Question, State, State]:
    """The compiled graph of a variant."""
    graph = StateGraph(State, context_schema=Question)
    steps: list[Any] = [notes] if variant.knowledge else []
    steps += [first, reasons, final] if variant.explained else [final]
    graph.add_sequence([(f"{step.__name__}_step", step) for step in steps])
    graph.add_edge(START, f"{steps[0].__name__}_step")
    graph.add_edge(f"{steps[-1].__name__}_step", END)
    return graph.compile(name="pep_mek")


async def _turn(agent: Agent[T], state: State, question: Question) -> tuple[Asked[T], State]:
    """The agent's turn in the conversation, and what it changes in the state."""
    case = replace(question.case, presentation=_presentation(state, question))
    turns = [Turn(*turn) for turn in state.get("turns", [])]
    spent = TokenUse.model_validate(state.get("tokens", {}))
    try:
        asked = await put(agent, case, question.clip, question.model, turns)
    except ModelError as error:
        error.tokens = spent + error.tokens
        raise
    said = asked.content.model_dump_json()
    update: State = {
        "turns": [*state.get("turns", []), (task(agent, case), said)],
        "presentation": asked.presentation.model_dump(mode="json"),
        "notes": [*state.get("notes", []), *asked.notes],
        "tokens": (spent + asked.tokens).model_dump(),
    }
    return asked, update


def _presentation(state: State, question: Question) -> Presentation:
    if "presentation" in state:
        return Presentation.model_validate(state["presentation"])
    meant = question.case.presentation
    return meant if question.variant.tools else meant.model_copy(update={"evidence": False, "shown": ()})
