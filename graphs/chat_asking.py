"""The model asked in a chat about a clip: what it is shown once, then every turn as it was put before."""

import asyncio

from agents.agent import ask
from agents.case import Case
from agents.chat import Choices, Decision, chat
from agents.chat_history import ChatHistory, Said
from agents.checking.grounding import sources_of
from agents.showing.budget import USUAL_CONTEXT_TOKENS, present
from agents.showing.messages import Turn, system, task
from agents.showing.presentation import Presentation
from agents.showing.zoom import picture_parts
from graphs.asking import Asked, put
from graphs.chat_setup import Chat, case_of, most_pictures
from perception.clip import Clip
from perception.tool import factories

CONVERSATION_SHARE = 1 / 4  # of the model's context: for questions, actions and what came of them


async def laid_out(history: ChatHistory, about: Chat) -> tuple[ChatHistory, tuple[str, ...]]:
    """With what the model is shown of clip and report, which stays the same for the whole chat."""
    assert about.model is not None
    able = await about.model.abilities()
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
    assert about.model is not None
    able = await about.model.abilities()
    return int((able.context_tokens or USUAL_CONTEXT_TOKENS) * able.characters_per_token * CONVERSATION_SHARE)


async def put_on(said: Said, history: ChatHistory, about: Chat, frames_left: int) -> Asked[Decision]:
    """What the model decides on what it is told next.

    Raises:
        ModelError: it can't be reached, refuses, or never gives a valid answer.
    """
    assert about.model is not None
    case = case_of(about, history.presentation or Presentation())
    utterances = [i for i in sources_of(about.report, history) if i.startswith("utterance@")]
    left = min(frames_left, most_pictures(history) - history.crops)
    choices = Choices(
        tools=tuple(factories()) if "measure" in said.open else (),
        frames=left if "zoom" in said.open else 0,
        ids=(*utterances, *(source.id for source in history.found)),
    )
    turns = await asyncio.to_thread(turns_of, history, case, about.clip)
    agent = chat(said, choices, case.fence, opening=not turns)
    if about.clip is None:
        told = await ask(agent, case, about.model, before=turns)
        return Asked(told.content, told.tokens, case.presentation, (), told.odds)
    return await put(agent, case, about.clip, about.model, turns)


def turns_of(history: ChatHistory, case: Case, clip: Clip | None) -> list[Turn]:
    """The earlier turns as they were put, byte for byte."""
    turns = []
    for number, exchange in enumerate(history.exchanges):
        put_as = task(chat(exchange.said, Choices(), case.fence, opening=number == 0), case)
        brought = picture_parts(clip, exchange.crops) if clip is not None and exchange.crops else ()
        turns.append(Turn(put_as, exchange.decision, brought))
    return turns
