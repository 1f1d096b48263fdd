"""Questions about windows of a conversation put to a model, and how sure its answer about each utterance is."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from agents.agent import Agent
from agents.case import Case
from agents.checking import confidence
from agents.checking.confidence import Sureness
from agents.claims import Draft
from agents.dialogue import Said, Window
from agents.models.errors import ModelError
from agents.models.label_odds import TokenOdds, label_odds_under
from agents.report import TokenUse
from agents.showing.presentation import Presentation
from graphs.asking import Asked, Draws, drawn, put
from graphs.events import AgentFinished, AgentStarted
from graphs.perceiving import Tell
from graphs.talk import Talk, TalkState

T = TypeVar("T", bound=BaseModel)


class Answered(NamedTuple, Generic[T]):
    """The answer about a window, checked later; none when the model failed."""

    window: Window
    content: T | None
    presentation: Presentation
    tokens: TokenUse
    failures: tuple[str, ...]
    odds: tuple[TokenOdds, ...] = ()  # with which probabilities each token came; none: not told
    samples: tuple[T, ...] = ()  # further ones to compare it with, where they are not


async def ask_all(asked: Sequence[tuple[Window, Agent[T]]], case: Case, talk: Talk, tell: Tell) -> list[Answered[T]]:
    """Every question put; the first alone, so that its prefix is there for the others to share."""
    if not asked:
        return []
    first = await ask_one(*asked[0], case, talk, tell)
    case = replace(case, presentation=first.presentation)
    return [first, *await asyncio.gather(*(ask_one(*one, case, talk, tell) for one in asked[1:]))]


async def ask_one(window: Window, agent: Agent[T], case: Case, talk: Talk, tell: Tell) -> Answered[T]:
    """One question put; a model that fails leaves no answer but a failure."""
    assert talk.model is not None, "asked only where there is a model"
    started = time.perf_counter()
    tell(AgentStarted(agent=agent.name))
    try:
        asked = await put(agent, case, talk.clip, talk.model)
    except ModelError as error:
        answered = Answered[T](window, None, case.presentation, error.tokens, (str(error),))
    else:
        further = await _compared(window, agent, asked, case, talk)
        spent, failures = asked.tokens + further.tokens, (*asked.notes, *further.failures)
        answered = Answered(window, asked.content, asked.presentation, spent, failures, asked.odds, further.contents)
    tell(
        AgentFinished(
            agent=agent.name,
            seconds=time.perf_counter() - started,
            tokens=answered.tokens,
            error="; ".join(answered.failures) or None,
        )
    )
    return answered


def cost(stage: str, answers: Sequence[Answered[Any]]) -> TalkState:
    """What answers cost and which failures came with them, as a change of the state."""
    return {
        "tokens": sum((a.tokens for a in answers), TokenUse()).model_dump(),
        "failures": [{"stage": f"agent {stage}", "what": failure} for a in answers for failure in a.failures],
    }


def draft_of(content: BaseModel | None, said: Said) -> Any:
    """What is answered about an utterance; none where the model left it out."""
    return dict(content).get(said.id) if content is not None else None


def sureness(
    said: Said, answer: Answered[Any], field: str, labels: tuple[str, ...], as_draft: Callable[[Said, Any], Draft]
) -> Sureness:
    """How sure the label is that an answer gives to an utterance, by the same measures as a claim's.

    Args:
        said: an utterance about which something is answered.
        answer: about the window that it is in.
        field: where the answer has the label.
        labels: all that it may be.
        as_draft: what is answered about an utterance as the draft of a claim.
    """
    odds = label_odds_under(answer.odds, field, labels, [asked.id for asked in answer.window.asked])
    samples = [
        [as_draft(said, draft)] if (draft := draft_of(content, said)) is not None else []
        for content in (answer.content, *answer.samples)
    ]
    of_this = as_draft(said, draft_of(answer.content, said))
    return confidence.sureness(of_this, odds.get(said.id), labels, samples if answer.samples else ())


async def _compared(window: Window, agent: Agent[T], asked: Asked[T], case: Case, talk: Talk) -> Draws[T]:
    """Further samples where the model tells no probabilities, if there is a label to be sure of."""
    drafts = [draft for said in window.asked if (draft := draft_of(asked.content, said)) is not None]
    if agent.choice is None or asked.odds or all(draft.abstained for draft in drafts):
        return Draws()
    assert talk.model is not None, "asked only where there is a model"
    return await drawn(agent, replace(case, presentation=asked.presentation), talk.clip, talk.model, talk.samples)
