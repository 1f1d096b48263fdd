"""Where the words of a clip do not go with face, voice or situation: sarcasm, masking and other conflicts."""

from collections.abc import Callable
from dataclasses import replace

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agents.agent import Agent
from agents.dialogue import RejectedAnswer, Window, windows
from agents.incongruity import (
    BACKGROUND,
    KINDS,
    UNSEEN,
    Conflict,
    ConflictDrafts,
    Incongruities,
    as_claim,
    checked,
    incongruity,
    measured_conflicts,
    signs_of,
    why_not_measured,
)
from graphs.events import Event
from graphs.talk import (
    Graph,
    Talk,
    TalkState,
    case_of,
    follow,
    lay_out,
    outcome,
    perceive,
    said_in,
)
from graphs.window_asking import ask_all, cost, draft_of, sureness

UNANSWERED = "the model did not answer"


async def incongruities(talk: Talk, on_event: Callable[[Event], None] | None = None) -> Incongruities:
    """Find the conflicts of a clip.

    Raises:
        ClipError: the clip can't be decoded to its end.
        WorkerKilled: the worker process that measures went over a limit or crashed.
    """
    talk = replace(talk, background=BACKGROUND)
    state = await follow(build(), talk, on_event)
    conflicts = tuple(Conflict.model_validate(result) for result in state["results"])
    not_judged = {int(index): why for index, why in state["not_judged"].items()}
    judged = tuple(s.index for s in said_in(state, talk) if s.index not in not_judged)
    return Incongruities(conflicts=conflicts, judged=judged, not_judged=not_judged, **outcome(state, talk))


async def board(state: TalkState, runtime: Runtime[Talk]) -> TalkState:
    """Choose what a model is shown beside the words."""
    talk, case = runtime.context, case_of(state, runtime.context)
    every = windows(said_in(state, talk), talk.context)
    return await lay_out(state, talk, [incongruity(window, case.fence) for window in every])


async def judge(state: TalkState, runtime: Runtime[Talk]) -> TalkState:
    """Ask about the utterances of which both sides are known, and keep the conflicts whose both sides hold.

    Without a model, those that the tool found; what it could not look at is not judged.
    """
    talk, case = runtime.context, case_of(state, runtime.context)
    said = said_in(state, talk)
    if talk.model is None:
        found = [conflict for s in said for conflict in measured_conflicts(s, case)]
        told = {c.index for c in found}
        unknown = {str(s.index): why for s in said if s.index not in told and (why := why_not_measured(s, case))}
        return {"results": [c.model_dump(mode="json") for c in found], "rejected": [], "not_judged": unknown}
    not_judged = {s.index: UNSEEN for s in said if not signs_of(s, case)}
    answers = await ask_all(questions(state, talk), case, talk, runtime.stream_writer)
    conflicts: list[Conflict] = []
    rejected: list[RejectedAnswer] = []
    for answer in answers:
        seen = replace(case, presentation=answer.presentation)
        for one in answer.window.asked:
            draft = draft_of(answer.content, one)
            if draft is None:
                not_judged[one.index] = UNANSWERED
                continue
            sure = sureness(one, answer, "kind", KINDS, as_claim)
            conflict, refused = checked(one, draft, answer.window, seen, sure)
            conflicts += [conflict] if conflict else []
            rejected += [refused] if refused else []
    return {
        "results": [c.model_dump(mode="json") for c in conflicts],
        "rejected": [r.model_dump(mode="json") for r in rejected],
        "not_judged": {str(index): why for index, why in not_judged.items()},
        **cost("incongruity", answers),
    }


def questions(state: TalkState, talk: Talk) -> list[tuple[Window, Agent[ConflictDrafts]]]:
    """What is asked, window by window, of the utterances of which both sides are known."""
    said, case = said_in(state, talk), case_of(state, talk)
    unseen = {s.index for s in said if not signs_of(s, case)}
    return [
        (window, incongruity(window, case.fence))
        for whole in windows(said, talk.context)
        if (window := whole.without(unseen)).asked
    ]


def build() -> Graph:
    """The compiled graph."""
    graph = StateGraph(TalkState, context_schema=Talk)
    graph.add_sequence([perceive, board, judge])
    graph.add_edge(START, "perceive")
    graph.add_edge("judge", END)
    return graph.compile(name="incongruity")
