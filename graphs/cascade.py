"""The cascade (MOTOR-MAS, Yuan et al. 2026): behaviour, cognition, emotion, each anchored in what came before."""

from typing import Any, Literal

from langgraph.graph import StateGraph
from langgraph.runtime import Runtime

from agents.claims import LEVELS, Level
from graphs.critique import review
from graphs.judging import judge
from graphs.state import Setup, State

Building = StateGraph[State, Setup, Any, Any]


async def behaviour(state: State, runtime: Runtime[Setup]) -> State:
    """What each person does, and what they do together."""
    return await judge("behaviour", state, runtime.context, runtime.stream_writer)


async def cognition(state: State, runtime: Runtime[Setup]) -> State:
    """How each person may be thinking about it, given what they do."""
    return await judge("cognition", state, runtime.context, runtime.stream_writer)


async def emotion(state: State, runtime: Runtime[Setup]) -> State:
    """What each person's expression suggests they feel, given both; neutral without a marker."""
    return await judge("emotion", state, runtime.context, runtime.stream_writer)


async def critic(state: State, runtime: Runtime[Setup]) -> State:
    """Check all claims; name the levels that must be judged again, or settle."""
    return await review(state, runtime.context, runtime.stream_writer)


def next_level(state: State) -> Level | Literal["critic"]:
    """The lowest level still to be judged in this round, then the critic."""
    return state["pending"][0] if state["pending"] else "critic"


def after_critic(state: State) -> Level | Literal["narrate"]:
    """Back to the lowest failing level, or on."""
    return state["pending"][0] if state["pending"] else "narrate"


def cascade(graph: Building) -> None:
    """The three levels in their order, unchecked but for the hard checks of each claim."""
    for node in (behaviour, cognition, emotion):
        graph.add_node(node.__name__, node)
    graph.add_edge("board", "behaviour")
    graph.add_edge("behaviour", "cognition")
    graph.add_edge("cognition", "emotion")
    graph.add_edge("emotion", "narrate")


def cascade_with_critic(graph: Building) -> None:
    """The three levels, then a critic who sends only the levels that fail back, a bounded number of times."""
    for node in (behaviour, cognition, emotion, critic):
        graph.add_node(node.__name__, node)
    graph.add_edge("board", "behaviour")
    graph.add_conditional_edges("behaviour", next_level, ["cognition", "emotion", "critic"])
    graph.add_conditional_edges("cognition", next_level, ["emotion", "critic"])
    graph.add_edge("emotion", "critic")
    graph.add_conditional_edges("critic", after_critic, [*LEVELS, "narrate"])
