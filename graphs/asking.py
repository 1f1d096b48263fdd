"""An agent asked about a case, with less where the model can't take what it is shown; and asked again, to compare."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from agents.agent import Agent, Model, ask
from agents.case import Case
from agents.models.errors import ContextOverflow, MediaRefused, ModelError
from agents.models.label_odds import TokenOdds
from agents.report import TokenUse
from agents.showing.budget import halved, without
from agents.showing.media import Media, read_media
from agents.showing.messages import Turn
from agents.showing.presentation import Presentation
from perception.clip import Clip

T = TypeVar("T", bound=BaseModel)


class Asked(NamedTuple, Generic[T]):
    """An answer, what it cost, and what the model was shown in the end."""

    content: T
    tokens: TokenUse
    presentation: Presentation
    notes: tuple[str, ...]  # why it was shown less than was meant
    odds: tuple[TokenOdds, ...]  # with which probabilities each token came; none: not told


class Draws(NamedTuple, Generic[T]):
    """Further samples of an answer, what they cost, and why others of them are missing."""

    contents: tuple[T, ...] = ()
    tokens: TokenUse = TokenUse()
    failures: tuple[str, ...] = ()


async def put(
    agent: Agent[T], case: Case, clip: Clip | None, model: Model, before: Sequence[Turn] = (), sample: int = 0
) -> Asked[T]:
    """Ask, and where the model refuses a medium show the next lesser, where its context is too short half (once).

    `before` are earlier turns of the conversation, `sample` the number of a draw (see `Model.answer`). Without a `clip`
    text alone is sent.

    Raises:
        ModelError: the model can't be reached, refuses all, or never gives a valid answer.
    """
    presentation, notes, spent, halves = case.presentation, [], TokenUse(), 0
    while True:
        media = await asyncio.to_thread(read_media, clip, presentation) if clip is not None else Media()
        try:
            answer = await ask(agent, replace(case, presentation=presentation), model, media, before, sample)
        except (MediaRefused, ContextOverflow) as error:
            spent += error.tokens
            lesser = None
            if isinstance(error, MediaRefused):
                lesser = without(presentation, error.medium, error.at_most)
            elif not halves:
                lesser, halves = halved(presentation, case.evidence), 1
            if lesser is None:
                error.tokens = spent
                raise
            notes.append(f"{error}: {told(presentation, lesser)}")
            presentation = lesser
        except ModelError as error:
            error.tokens = spent + error.tokens
            raise
        else:
            return Asked(answer.content, spent + answer.tokens, presentation, tuple(notes), answer.odds)


async def drawn(agent: Agent[T], case: Case, clip: Clip | None, model: Model, samples: int) -> Draws[T]:
    """Further samples of an agent's answer, so that there are so many with the first; those that fail are failures."""
    answers = await asyncio.gather(
        *(put(agent, case, clip, model, sample=n) for n in range(1, samples)), return_exceptions=True
    )
    draws: Draws[T] = Draws()
    for answer in answers:
        if isinstance(answer, ModelError):
            failure = f"a further sample: {answer}"
            draws = Draws(draws.contents, draws.tokens + answer.tokens, (*draws.failures, failure))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            draws = Draws((*draws.contents, answer.content), draws.tokens + answer.tokens, draws.failures)
    return draws


def told(before: Presentation, after: Presentation) -> str:
    """What a model is shown in place of what it was."""
    if after.way != before.way or after.sound_s == before.sound_s:
        pictures = {"video": "a video", "frames": f"{len(after.moments_s)} frames", "text": "text alone"}[after.way]
        return f"{pictures} and {len(after.shown or ())} observations are shown instead"
    return f"{after.sound_s:.0f} s of its sound are played instead" if after.sound_s else "its sound is not played"
