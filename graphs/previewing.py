"""What an agent of an analysis would be sent about a clip: the graph run up to its step, its messages put together."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import langsmith
from pydantic import BaseModel

from agents.agent import Agent, Message
from agents.all_levels import all_levels
from agents.behaviour import behaviour
from agents.case import Case
from agents.cognition import cognition
from agents.debate import opponent, proposer
from agents.emotion import emotion
from agents.models.json_schema import server_schema
from agents.narrator import narrator
from agents.pep_mek import MOST_STATEMENTS, Statement, explain, predict, take_notes
from agents.showing.media import Media, read_media
from agents.showing.messages import Turn, messages, task
from graphs.critique import stated
from graphs.mental_state import build
from graphs.state import Json, Setup, State, case_of
from perception.clip import Clip
from perception.errors import MentalisError

Statements = tuple[Statement, ...]
AN_ANSWER = '{"": "the answer of the model stands here"}'  # of an earlier turn, which nobody has given yet


class PreviewError(MentalisError):
    """An agent that there is not, or that nobody would ask about this clip."""


@dataclass(frozen=True)
class Asked:
    """When an agent is asked: before which step of the cascade, and after which turns of a conversation."""

    step: str
    agents: Callable[[Statements], Sequence[Agent[Any]]]  # of the conversation; the last is the one
    one_person: bool = True


def _alone(agent: Callable[[], Agent[Any]]) -> Callable[[Statements], Sequence[Agent[Any]]]:
    return lambda _: (agent(),)


def _pep_mek(turns: int) -> Asked:
    def agents(statements: Statements) -> Sequence[Agent[Any]]:
        every = (take_notes(), predict(statements), explain(statements), predict(statements, again=True))
        return every[:turns]

    return Asked("critic", agents, one_person=False)


AGENTS: dict[str, Asked] = {
    "behaviour": Asked("behaviour", _alone(behaviour)),
    "cognition": Asked("cognition", _alone(cognition)),
    "emotion": Asked("emotion", _alone(emotion)),
    "all_levels": Asked("behaviour", _alone(all_levels)),
    "debate_proposer": Asked("behaviour", _alone(proposer)),
    "debate_opponent": Asked("behaviour", _alone(lambda: opponent("(the proposal stands here)"))),
    "narrator": Asked("narrate", _alone(narrator), one_person=False),
    "pep_notes": _pep_mek(1),
    "pep_predict": _pep_mek(2),
    "pep_explain": _pep_mek(3),
    "pep_predict_again": _pep_mek(4),
}


class Preview(NamedTuple):
    """What would be sent, the schema of the answer, and what went otherwise than wanted before that."""

    messages: list[Message]
    schema: dict[str, Any]
    case: Case
    notes: tuple[str, ...]


async def preview(name: str, setup: Setup, person: str | None = None) -> Preview:
    """The messages that one of `AGENTS` would be sent about a person (the first when none is given).

    Earlier claims are made as in an analysis: by the model of the setup, or by the knowledge reasoner without one.
    In PEP-MEK's conversation the model's earlier answers are left open.

    Raises:
        PreviewError: no such person, or nothing to ask the agent about.
        ClipError: the clip can't be decoded.
    """
    asked = AGENTS[name]
    with langsmith.tracing_context(enabled=False):
        state = cast(State, await build().ainvoke({}, context=setup, interrupt_before=[asked.step]))
    case = case_of(state, setup)
    case = _about(case, person) if asked.one_person else case
    statements = _statements(case)
    if asked.step in ("critic", "narrate") and not statements:
        raise PreviewError(f"nothing is claimed of this clip: {name} would not be asked")
    *before, agent = asked.agents(statements)
    turns = [Turn(task(earlier, case), AN_ANSWER) for earlier in before]
    return await put_together(agent, case, setup.video, turns, told(state["failures"]))


async def put_together(
    agent: Agent[Any], case: Case, clip: Clip | None, turns: Sequence[Turn] = (), notes: Sequence[str] = ()
) -> Preview:
    """What is sent when an agent is asked about a case, after these turns.

    Raises:
        ClipError: the clip can't be decoded.
    """
    media = await asyncio.to_thread(read_media, clip, case.presentation) if clip is not None else Media()
    answer: type[BaseModel] = agent.narrowed(case)
    return Preview(messages(agent, case, media, turns), server_schema(answer), case, tuple(notes))


def told(failures: Sequence[Json]) -> list[str]:
    """Failures of a graph's state, a line each."""
    return [f"{failure['stage']}: {failure['what']}" for failure in failures]


def _about(case: Case, person: str | None) -> Case:
    if not case.people:
        raise PreviewError("no face was found in the clip: no agent would be asked about anybody")
    if person not in (None, *case.people):
        raise PreviewError(f"no {person} in the clip: there are {', '.join(case.people)}")
    return case.about(person or case.people[0])


def _statements(case: Case) -> Statements:
    claims = [claim for claim in case.claims if not claim.abstained][:MOST_STATEMENTS]
    return tuple(Statement(f"c{n}", stated(claim, case)) for n, claim in enumerate(claims))
