"""The model asked in a chat about a clip: what it is shown once, then every turn as it was put before."""

import asyncio

from agents.agent import Agent, ask
from agents.case import Case
from agents.chat import Choices, Decision, chat
from agents.chat_history import ChatHistory, Said, remembered, without_pictures
from agents.checking.grounding import sources_of
from agents.models.abilities import Abilities
from agents.showing.budget import USUAL_CONTEXT_TOKENS, present
from agents.showing.escaping import data_line
from agents.showing.messages import Turn, system, task
from agents.showing.presentation import Presentation
from agents.showing.zoom import picture_parts
from graphs.asking import Asked, put
from graphs.chat_setup import Chat, case_of, most_pictures, open_to
from perception.clip import Clip
from perception.tool import factories

CONVERSATION_SHARE = 1 / 4  # of the model's context: for questions, actions and what came of them


async def laid_out(history: ChatHistory, about: Chat) -> tuple[ChatHistory, tuple[str, ...]]:
    """With what the model is shown of clip and report, which stays the same for the whole chat."""
    able = await _abilities(about)
    looks = about.clip is not None and about.wanted.media != "text"
    wanted = about.wanted if looks else about.wanted.model_copy(update={"media": "text"})
    opening = Said(question="", open=("answer",), calls_left=0)
    case = case_of(about, Presentation())
    told = task(chat(opening, Choices(), about.fence, opening=True), case) + system(case)
    sees = looks and able.images
    zoomed = about.limits.frames * able.picture_tokens * able.characters_per_token if sees else 0.0
    characters = len(told) + await room(about) + int(zoomed)
    report = about.report
    presentation, notes = present(report.evidence, report.clip.has_audio, able, wanted, characters)
    return history.model_copy(update={"presentation": presentation, "sees": sees}), notes


async def room(about: Chat) -> int:
    """Characters for questions, actions and what came of them."""
    able = await _abilities(about)
    return int((able.context_tokens or USUAL_CONTEXT_TOKENS) * able.characters_per_token * CONVERSATION_SHARE)


async def questioned(question: str, history: ChatHistory, about: Chat) -> tuple[ChatHistory, Said, tuple[str, ...]]:
    """What the model is shown laid out (once in a chat), room made, and the question as it is put; with notes."""
    notes: tuple[str, ...] = ()
    if history.presentation is None:
        history, notes = await laid_out(history, about)
    history = remembered(history, await room(about))
    if history.crops and history.crops + about.limits.frames > most_pictures(history):
        history = without_pictures(history)
    said = Said(
        question=data_line(question),
        open=open_to(history, about, about.limits.calls, about.limits.frames),
        calls_left=about.limits.calls,
    )
    return history, said, notes


async def put_on(said: Said, history: ChatHistory, about: Chat, frames_left: int) -> Asked[Decision]:
    """What the model decides on what it is told next.

    Raises:
        ModelError: it can't be reached, refuses, or never gives a valid answer.
    """
    assert about.model is not None, "put only where there is a model"
    agent, case, turns = await turn(said, history, about, frames_left)
    if about.clip is None:
        told = await ask(agent, case, about.model, before=turns)
        return Asked(told.content, told.tokens, case.presentation, (), told.odds)
    return await put(agent, case, about.clip, about.model, turns)


async def turn(
    said: Said, history: ChatHistory, about: Chat, frames_left: int
) -> tuple[Agent[Decision], Case, list[Turn]]:
    """Who is asked what on what it is told next, and the turns before."""
    case = case_of(about, history.presentation or Presentation())
    utterances = [i for i in sources_of(about.report, history) if i.startswith("utterance@")]
    left = min(frames_left, most_pictures(history) - history.crops)
    choices = Choices(
        tools=tuple(factories()) if "measure" in said.open else (),
        frames=left if "zoom" in said.open else 0,
        ids=(*utterances, *(source.id for source in history.found)),
    )
    turns = await asyncio.to_thread(turns_of, history, case, about.clip)
    return chat(said, choices, case.fence, opening=not turns), case, turns


def turns_of(history: ChatHistory, case: Case, clip: Clip | None) -> list[Turn]:
    """The earlier turns as they were put, byte for byte."""
    turns = []
    for number, exchange in enumerate(history.exchanges):
        put_as = task(chat(exchange.said, Choices(), case.fence, opening=number == 0), case)
        brought = picture_parts(clip, exchange.crops) if clip is not None and exchange.crops else ()
        turns.append(Turn(put_as, exchange.decision, brought))
    return turns


async def _abilities(about: Chat) -> Abilities:
    """The model's; without one those of a model of which nothing is known."""
    return await about.model.abilities() if about.model is not None else Abilities()
