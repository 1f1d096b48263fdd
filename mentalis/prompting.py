"""`previewed()`: what any agent would be sent about a clip, by the graph that asks it. Wiring only."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from graphs import previewing, previewing_chat, previewing_choice, previewing_talk
from graphs.previewing import Preview, PreviewError
from mentalis.chatting import opened
from mentalis.conversing import talk_about
from mentalis.setting_up import set_up
from mentalis.settings import Settings, use_weights_of

CHAT, CHOOSING = "chat", "choosing"
AGENTS = (*previewing.AGENTS, *previewing_talk.AGENTS, CHAT, CHOOSING)
PARTS = ("system", "evidence")  # prompts that begin every agent's messages
USUAL_QUESTION = "What does each person seem to feel, and what shows it?"


async def previewed(
    agent: str,
    clip: Path,
    settings: Settings,
    *,
    transcript: Path | None = None,
    person: str | None = None,
    listener: bool = False,
    question: str = USUAL_QUESTION,
    options: Sequence[str] = ("yes", "no"),
) -> Preview:
    """The messages that an agent would be sent, of several questions the first.

    Args:
        agent: one of `AGENTS`.
        clip: the clip that it is asked about.
        settings: of models and tools.
        transcript: words of the clip.
        person: whom an agent of an analysis is asked about; the first when not given.
        listener: the emotion of utterances is asked of the one who listens.
        question: that opens a chat, or whose answer is chosen.
        options: the answers to choose from.

    Raises:
        PreviewError: no such agent or person, or nothing to ask the agent about.
        ClipError: the clip can't be decoded.
        MentalisError: an option can't be used.
    """
    if agent in PARTS:
        raise PreviewError(f"{agent} is no agent but a part of all that is sent: show one of {', '.join(AGENTS)}")
    if agent not in AGENTS:
        raise PreviewError(f"no agent {agent!r}: there are {', '.join(AGENTS)}")
    if agent == CHAT:
        async with opened(clip, transcript=transcript, settings=settings) as about:
            return await previewing_chat.preview(question, about)
    if agent in previewing_talk.AGENTS:
        return await _of_a_talk(agent, clip, transcript, settings, listener)
    setup, _ = await set_up(clip, transcript=transcript, settings=settings)
    try:
        if agent == CHOOSING:
            return await previewing_choice.preview(question, options, setup)
        return await previewing.preview(agent, setup, person)
    finally:
        await setup.close()


async def _of_a_talk(agent: str, clip: Path, transcript: Path | None, settings: Settings, listener: bool) -> Preview:
    use_weights_of(settings)
    more = {"about": "listener" if listener else "speaker"}
    talk = await asyncio.to_thread(talk_about, clip, transcript, None, settings, more)
    try:
        return await previewing_talk.preview(agent, talk)
    finally:
        if talk.model is not None:
            await talk.model.close()
