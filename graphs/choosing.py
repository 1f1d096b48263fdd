"""Questions with options about a clip or a text: lay the case out, then ask; several draws vote where wanted."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.by_rule.chooser import guess
from agents.case import Background
from agents.choosing import Choices, Question, choosing, chosen
from agents.claims import ConfidenceFrom
from agents.models.errors import ModelError
from agents.models.label_odds import TokenOdds, label_odds_under
from agents.report import TokenUse
from agents.showing.presentation import Presentation
from graphs.asking import drawn, put
from graphs.perceiving import measure
from graphs.preparing import case_about, laid_out
from graphs.state import Json, Setup, facts_of
from graphs.store import keep
from perception.evidence import Evidence, Frozen


class Choice(Frozen):
    """What was chosen of a question (nothing: it was not answered), and how sure that is."""

    options: tuple[str, ...] | None
    confidence: float | None = None
    confidence_from: ConfidenceFrom | None = None
    reason: str = ""


class Chosen(Frozen):
    """The choices by question, what they cost and what went wrong."""

    choices: dict[str, Choice]
    tokens: TokenUse = TokenUse()
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ask:
    """Everything live that a choice needs; `draws` answers vote."""

    setup: Setup
    questions: tuple[Question, ...]
    draws: int = 1


class State(TypedDict, total=False):
    """Small JSON values only; the evidence is a key of the content store."""

    evidence: str
    presentation: Json
    failures: list[str]
    result: Json


Graph = CompiledStateGraph[State, Ask, State, State]


async def choose(ask: Ask) -> Chosen:
    """Choose an option of each question.

    Raises:
        ClipError: the clip can't be decoded to its end.
    """
    import langsmith

    with langsmith.tracing_context(enabled=False):  # nothing phones home, whatever the environment says
        state = await build().ainvoke({}, context=ask)
    return Chosen.model_validate(state["result"])


async def perceive(state: State, runtime: Runtime[Ask]) -> State:
    """Measure the clip, or take the words as they are, and choose what a model is shown."""
    setup = runtime.context.setup
    evidence = await measure(setup, runtime.stream_writer)
    case, notes = await laid_out(evidence, setup, Background())
    key = await keep(setup.store, evidence)
    return {"evidence": key, "presentation": case.presentation.model_dump(mode="json"), "failures": list(notes)}


async def decide(state: State, runtime: Runtime[Ask]) -> State:
    """Ask the model, or guess by the words without one."""
    ask = runtime.context
    setup = ask.setup
    if setup.model is None:
        return {"result": _guessed(ask).model_dump(mode="json")}
    case = case_about(setup.store.get(state["evidence"], Evidence), setup, Background())
    case = replace(case, presentation=Presentation.model_validate(state["presentation"]))
    agent = choosing(ask.questions, case.fence)
    try:
        first = await put(agent, case, setup.video, setup.model)
    except ModelError as error:
        result = Chosen(choices=_unanswered(ask), tokens=error.tokens, failures=(*state["failures"], str(error)))
        return {"result": result.model_dump(mode="json")}
    further = await drawn(agent, replace(case, presentation=first.presentation), setup.video, setup.model, ask.draws)
    answers = (first.content, *further.contents)
    result = Chosen(
        choices={q.id: _voted(q, answers, first.odds, ask) for q in ask.questions},
        tokens=first.tokens + further.tokens,
        failures=(*state["failures"], *first.notes, *further.failures),
    )
    return {"result": result.model_dump(mode="json")}


@cache
def build() -> Graph:
    """The compiled graph."""
    graph = StateGraph(State, context_schema=Ask)
    graph.add_sequence([perceive, decide])
    graph.add_edge(START, "perceive")
    graph.add_edge("decide", END)
    return graph.compile(name="choosing")


def _voted(question: Question, answers: tuple[Choices, ...], odds: tuple[TokenOdds, ...], ask: Ask) -> Choice:
    """The choice that most answers make (the first of them in a tie), as sure as they agree or as its letter is."""
    made = [chosen(answer, question) for answer in answers]
    (most, count), *_ = Counter(made).most_common()
    reason = getattr(answers[made.index(most)], question.id).reason
    if len(answers) > 1:
        return Choice(options=most, confidence=count / len(made), confidence_from="sample_agreement", reason=reason)
    letters = dict(zip(question.options, question.letters, strict=True))
    told: dict[str, Any] = (
        label_odds_under(odds, "answer", question.letters, [q.id for q in ask.questions]) if odds else {}
    )
    of_letters = told.get(question.id)
    if question.several or not of_letters:
        return Choice(options=most, reason=reason)
    return Choice(
        options=most, confidence=of_letters[letters[most[0]]], confidence_from="label_probability", reason=reason
    )


def _guessed(ask: Ask) -> Chosen:
    text = " ".join(utterance.text for utterance in facts_of(ask.setup.clip).transcript)
    guesses = {q.id: guess(text, q) for q in ask.questions}
    return Chosen(
        choices={
            id_: Choice(options=(g.option,), confidence=g.confidence, confidence_from="rule")
            if g
            else Choice(options=None)
            for id_, g in guesses.items()
        }
    )


def _unanswered(ask: Ask) -> dict[str, Choice]:
    return {question.id: Choice(options=None) for question in ask.questions}
