"""Questions about an analysed clip: decide -> act -> decide ... -> tell; without a model, a search of the report."""

import asyncio
import time
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal, TypedDict

import langsmith
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.chat import Decision, Measure, Reply
from agents.chat_history import (
    ChatAnswer,
    ChatHistory,
    Exchange,
    Open,
    Said,
    Source,
    Step,
    without_pictures,
)
from agents.checking.grounding import borne_out, by_id, in_words, sources_of
from agents.claims import FRAME_PREFIX
from agents.models.errors import MediaRefused, ModelError
from agents.report import TokenUse
from agents.searching.question import question_words
from agents.searching.retrieval import answer_by_retrieval
from agents.showing.escaping import data_line
from graphs.chat_actions import ACTIONS, Outcome, failed, searched
from graphs.chat_asking import put_on, questioned
from graphs.chat_reading import asked_at, asked_of, asks_of_a_moment, is_for_model, read_alone, understood_as
from graphs.chat_setup import USUAL_LIMITS, Chat, Limits, open_to
from graphs.state import Json
from perception.errors import ClipError, MentalisError

SEARCHED_INSTEAD = "The model gave no answer: this is what a search of the report found."
TRIED = "this was tried and failed; {do} is closed for this question, choose something else"
ALONE = "read by itself, as the report has no answer to the question before it"
LEAST_S = 1.0  # for an action that begins when the time is nearly over


class QuestionError(MentalisError):
    """A question that asks nothing."""


class State(TypedDict, total=False):
    """One question; small JSON values only."""

    question: str
    history: Json
    earlier: int  # exchanges of earlier questions
    began_s: float  # on the monotonic clock
    frames: int  # zoomed for this question
    said: Json  # what the model is told next
    decision: Json | None
    failed: bool  # the model gave no answer
    in_vain: list[str]  # calls for this question that failed, as JSON
    closed: list[Open]  # actions that were chosen again as they had failed
    steps: list[Json]
    notes: list[str]
    tokens: Json
    answer: Json


async def converse(question: str, about: Chat, before: ChatHistory | None = None) -> ChatAnswer:
    """Answer a question; `before` is the history of the last answer.

    Raises:
        ClipError: the clip, or the history, is not that of the report.
        QuestionError: the question is empty.
    """
    check_question(question)
    sha256 = about.report.clip.sha256
    if about.clip is not None and about.clip.sha256 != sha256:
        raise ClipError(f"{about.clip.path} is not the clip of the report; give the one that was analysed")
    if before is not None and before.clip_sha256 != sha256:
        raise ClipError("the history is about another clip; begin a new one")
    history = before or ChatHistory(clip_sha256=sha256)
    state: State = {"question": question, "history": history.model_dump(mode="json")}
    with langsmith.tracing_context(enabled=False):  # nothing phones home
        done = await build(about.limits).ainvoke(state, context=about)
    return ChatAnswer.model_validate(done["answer"])


def check_question(question: str) -> None:
    """Raise a QuestionError where it is empty."""
    if not question.strip():
        raise QuestionError("the question is empty; ask something, such as: Does P1 smile?")


# ---- steps


async def begin(state: State, runtime: Runtime[Chat]) -> State:
    """Lay out what the model is shown (once in a chat), make room, and put the question."""
    about = runtime.context
    history = ChatHistory.model_validate(state["history"])
    begun: State = {
        "began_s": time.monotonic(),
        "frames": 0,
        "steps": [],
        "tokens": {},
        "failed": False,
        "in_vain": [],
        "closed": [],
    }
    if about.model is None or not is_for_model(_understood(state, about), about.report):
        return {**begun, "notes": []}
    history, asked, notes = await questioned(state["question"], history, about)
    return {
        **begun,
        "history": history.model_dump(mode="json"),
        "earlier": len(history.exchanges),
        "said": asked.model_dump(mode="json"),
        "notes": list(notes),
    }


async def decide(state: State, runtime: Runtime[Chat]) -> State:
    """The model's next action; pictures that its server refuses are taken back, and it is asked again."""
    about, said = runtime.context, Said.model_validate(state["said"])
    history = ChatHistory.model_validate(state["history"])
    try:
        asked = await put_on(said, history, about, about.limits.frames - state["frames"])
    except ModelError as error:
        spent = _added(state, error.tokens)
        if isinstance(error, MediaRefused) and history.crops:
            notes = [*state["notes"], f"{error}: no closer look can be shown"]
            return {**_blinded(said, history, about, state["closed"]), "tokens": spent, "notes": notes}
        return {"failed": True, "tokens": spent, "notes": [*state["notes"], str(error)]}
    history = history.model_copy(update={"presentation": asked.presentation})
    return {
        "history": history.model_dump(mode="json"),
        "decision": asked.content.model_dump(mode="json"),
        "tokens": _added(state, asked.tokens),
        "notes": [*state["notes"], *asked.notes],
    }


async def act(state: State, runtime: Runtime[Chat]) -> State:
    """Do what the model chose; whatever goes wrong is told to it, and the same is not tried again."""
    about, said = runtime.context, Said.model_validate(state["said"])
    history = ChatHistory.model_validate(state["history"])
    action = Decision.model_validate(state["decision"]).action
    assert not isinstance(action, Reply), "an answer is no action"
    started = time.monotonic()
    call = _json(state)
    again = action.do in state["closed"] or call in state["in_vain"]
    outcome = failed(TRIED.format(do=action.do)) if again else await _done(action, history, state, about)
    in_vain = [*state["in_vain"], call] if outcome.failed else state["in_vain"]
    closed = [*state["closed"], action.do] if again else state["closed"]
    frames = state["frames"] + len(outcome.crops)
    over = time.monotonic() - state["began_s"] >= about.limits.seconds
    over = over or action.do in state["closed"]  # it does not keep to what is open: only an answer is left to it
    calls_left = 0 if over else said.calls_left - 1
    exchange = Exchange(said=said, decision=call, crops=outcome.crops)
    history = history.model_copy(
        update={
            "exchanges": (*history.exchanges, exchange),
            "found": tuple(by_id((*history.found, *outcome.sources)).values()),
            "measured": history.measured + isinstance(action, Measure),
        }
    )
    told = Said(
        outcome=outcome.lines,
        open=open_to(history, about, calls_left, about.limits.frames - frames, closed),
        calls_left=calls_left,
    )
    arguments = action.model_dump(exclude={"do"})
    step = Step(do=action.do, arguments=arguments, outcome=outcome.words, seconds=round(time.monotonic() - started, 3))
    return {
        "history": history.model_dump(mode="json"),
        "said": told.model_dump(mode="json"),
        "frames": frames,
        "in_vain": in_vain,
        "closed": closed,
        "steps": [*state["steps"], step.model_dump(mode="json")],
    }


async def tell(state: State, runtime: Runtime[Chat]) -> State:
    """The model's answer, as far as what it cites bears it out."""
    history = ChatHistory.model_validate(state["history"])
    decision = Decision.model_validate(state["decision"])
    assert isinstance(decision.action, Reply), "only an answer is told"
    report = runtime.context.report
    sources = sources_of(report, history)
    people, understood = [person.id for person in report.people], _understood(state, runtime.context)
    of, at = asked_of(understood, report), asked_at(understood, report)
    moment = asks_of_a_moment(understood, report)
    reply, notes = borne_out(decision.action, sources, people, report.clip.duration_s, of, at, of_a_moment=moment)
    # what was left out is not remembered either: later answers would build on it
    said = Exchange(said=Said.model_validate(state["said"]), decision=Decision(action=reply).model_dump_json())
    history = history.model_copy(
        update={"exchanges": (*history.exchanges, said), "asked": (*history.asked, state["question"])}
    )
    cited = dict.fromkeys(e for s in reply.sentences for e in s.evidence)
    told = _answer(state, history, [*state["notes"], *notes], in_words(reply), [sources[e] for e in cited])
    return {"answer": {**told, "method": "model"}}


async def retrieve(state: State, runtime: Runtime[Chat]) -> State:
    """The answer that a search of the report gives, as when there is no model, or it is not asked this question."""
    about, notes = runtime.context, list(state["notes"])
    history = ChatHistory.model_validate(state["history"])
    question = _understood(state, about)
    if question != state["question"]:
        notes.append(f"understood as: {question}")
    elif read_alone(question, history.asked, about.report):
        notes.append(ALONE)
    found, without_embedder = await searched(answer_by_retrieval, question, about)
    text = found.text
    if state["failed"]:
        text = text.replace(question_words().sentences["closing"], SEARCHED_INSTEAD)
        history = history.model_copy(update={"exchanges": history.exchanges[: state["earlier"]]})
    history = history.model_copy(update={"asked": (*history.asked, question)})
    sources = sources_of(about.report, history)
    cited = [sources[id_] for id_ in found.citations]
    told = _answer(state, history, [*notes, *without_embedder], text, cited)
    return {"answer": {**told, "method": found.method}}


# ---- order


def first(state: State, runtime: Runtime[Chat]) -> Literal["decide", "retrieve"]:
    """The model, or a search where there is none, or the question is refused or of nobody or no time in the clip."""
    about = runtime.context
    asks = about.model is not None and is_for_model(_understood(state, about), about.report)
    return "decide" if asks else "retrieve"


def chosen(state: State) -> Literal["decide", "act", "tell", "retrieve"]:
    """What the model chose; a search if it failed, the same question again if only its pictures were refused."""
    if state["failed"]:
        return "retrieve"
    if state["decision"] is None:
        return "decide"
    return "tell" if state["decision"]["action"]["do"] == "answer" else "act"


@cache
def build(limits: Limits = USUAL_LIMITS) -> CompiledStateGraph[State, Chat, State, State]:
    """The compiled graph."""
    graph = StateGraph(State, context_schema=Chat)
    for node in (begin, decide, act, tell, retrieve):
        graph.add_node(node.__name__, node)
    graph.add_edge(START, "begin")
    graph.add_conditional_edges("begin", first, ["decide", "retrieve"])
    graph.add_conditional_edges("decide", chosen, ["decide", "act", "tell", "retrieve"])
    graph.add_edge("act", "decide")
    graph.add_edge("tell", END)
    graph.add_edge("retrieve", END)
    return graph.compile(name="chat").with_config(recursion_limit=10 + 2 * limits.calls)


# ---- parts of steps


async def _done(action: Any, history: ChatHistory, state: State, about: Chat) -> Outcome:
    """What came of an action, in the time and with the pictures that are left for the question."""
    left_s = max(LEAST_S, state["began_s"] + about.limits.seconds - time.monotonic())
    try:
        async with asyncio.timeout(left_s):
            return await ACTIONS[action.do](action, history, about, about.limits.frames - state["frames"])
    except TimeoutError:
        return failed(f"it was not done within {left_s:.0f} s")
    except MentalisError as error:
        return failed(str(error))


def _understood(state: State, about: Chat) -> str:
    asked = ChatHistory.model_validate(state["history"]).asked
    return understood_as(state["question"], asked, about.report)


def _blinded(said: Said, history: ChatHistory, about: Chat, closed: Sequence[Open]) -> State:
    """Back before pictures were shown: the model is told that they can't be."""
    found = tuple(s for s in history.found if not s.id.startswith(FRAME_PREFIX))
    history = without_pictures(history).model_copy(update={"sees": False, "found": found})
    told = said.model_copy(
        update={
            "outcome": said.outcome if said.question else (data_line({"failed": "pictures can't be shown"}),),
            "open": open_to(history, about, said.calls_left, 0, closed),
        }
    )
    return {
        "history": history.model_dump(mode="json"),
        "said": told.model_dump(mode="json"),
        "decision": None,
    }


def _answer(state: State, history: ChatHistory, notes: list[str], text: str, cited: list[Source]) -> Json:
    return {
        "question": state["question"],
        "text": text,
        "citations": [source.model_dump(mode="json") for source in cited],
        "steps": state["steps"],
        "notes": notes,
        "tokens": state["tokens"],
        "history": history.model_dump(mode="json"),
    }


def _added(state: State, tokens: TokenUse) -> Json:
    return (TokenUse.model_validate(state["tokens"]) + tokens).model_dump()


def _json(state: State) -> str:
    return Decision.model_validate(state["decision"]).model_dump_json()
