"""What an agent of the graphs over a conversation would be sent first: the graph run up to its step."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import langsmith

from agents.agent import Agent
from agents.case import Background
from agents.incongruity import BACKGROUND as OF_CONFLICTS
from agents.incongruity import UNSEEN
from agents.utterance_emotion import BACKGROUND as OF_EMOTIONS
from graphs import conversation, incongruity
from graphs.previewing import Preview, PreviewError, put_together, told
from graphs.talk import Graph, Talk, TalkState, case_of


class Asked(NamedTuple):
    """Before which step of which graph an agent is asked, what in turn, and why it may not be asked at all."""

    build: Callable[[], Graph]
    background: Background
    step: str
    questions: Callable[[TalkState, Talk], Sequence[Agent[Any]]]
    unless: str


def _emotions(state: TalkState, talk: Talk) -> Sequence[Agent[Any]]:
    return [agent for _, agent in conversation.questions(state, talk)]


def _summaries(state: TalkState, talk: Talk) -> Sequence[Agent[Any]]:
    every = (conversation.renewal(window, 0, (), state, talk) for window in conversation.parts(state, talk))
    return [agent for agent in every if agent is not None]


def _conflicts(state: TalkState, talk: Talk) -> Sequence[Agent[Any]]:
    return [agent for _, agent in incongruity.questions(state, talk)]


AGENTS: dict[str, Asked] = {
    "utterance_emotion": Asked(
        conversation.build,
        OF_EMOTIONS,
        "judge",
        _emotions,
        "of no utterance is the listener one of two people and in view",
    ),
    "summary": Asked(
        conversation.build,
        OF_EMOTIONS,
        "summarise",
        _summaries,
        "the conversation is so short that all of it is told word by word",
    ),
    "incongruity": Asked(incongruity.build, OF_CONFLICTS, "judge", _conflicts, f"of all utterances {UNSEEN}"),
}


async def preview(name: str, talk: Talk) -> Preview:
    """The messages of the first question that one of `AGENTS` would be asked about a conversation.

    Summaries that come before it are made by the model, if there is one.

    Raises:
        PreviewError: nothing would be asked.
        ClipError: the clip can't be decoded.
    """
    asked = AGENTS[name]
    talk = replace(talk, background=asked.background)
    with langsmith.tracing_context(enabled=False):
        found = await asked.build().ainvoke({}, context=talk, interrupt_before=[asked.step])
    state = cast(TalkState, found)
    questions = asked.questions(state, talk)
    if not questions:
        raise PreviewError(f"{name} would not be asked: {asked.unless}")
    return await put_together(questions[0], case_of(state, talk), talk.clip, notes=told(state["failures"]))
