"""`chat()`: questions about a clip or its report, one after the other. Wiring only."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agents.chat_history import ChatAnswer, ChatHistory
from agents.codebook import load_codebook
from agents.models.opening import check_model
from agents.report import Report
from agents.showing.fence import fence
from agents.showing.presentation import Wanted
from graphs.chat import converse
from graphs.chat_setup import Chat
from mentalis.api import aanalyze
from mentalis.secret import secret
from mentalis.setting_up import limits, model_of, open_clip, waited_for, with_overrides
from mentalis.settings import Settings, use_weights_of
from perception.cache import Cache
from perception.tool import Tool


def chat(about: Report | str | Path, question: str, history: ChatHistory | None = None, **options: Any) -> ChatAnswer:
    """Ask a question; see `achat`. Also inside a running event loop, as a notebook has one."""
    return waited_for(achat(about, question, history, **options))


async def achat(
    about: Report | str | Path, question: str, history: ChatHistory | None = None, **options: Any
) -> ChatAnswer:
    """Ask a question about a clip, or about a report of it.

    Args:
        about: a clip, which is analysed first (what is in the caches is not done again), or its report.
        question: in English where no model is configured.
        history: `history` of the last answer, to go on.
        **options: as of `opened`.

    Raises:
        ClipError: the clip can't be read, or is not that of the report or the history.
        MentalisError: an option can't be used.
    """
    async with opened(about, **options) as chat_about:
        return await converse(question, chat_about, history)


@asynccontextmanager
async def opened(
    about: Report | str | Path,
    *,
    clip: str | Path | None = None,
    transcript: str | Path | None = None,
    tools: Sequence[str | Tool] | None = None,
    settings: Settings | None = None,
    **overrides: Any,
) -> AsyncIterator[Chat]:
    """What questions are put to by `graphs.chat.converse`; the model's connections close with it.

    Args:
        about: a clip, which is analysed first, or a report.
        clip: of the report; without it nothing can be shown or measured, and a model reads the report alone.
        transcript: of the clip, as it was analysed with.
        tools: to analyse the clip with; the default set when not given.
        settings: in place of those from the environment.
        **overrides: any field of `Settings`.
    """
    settings = with_overrides(settings, overrides)
    use_weights_of(settings)
    model = await asyncio.to_thread(model_of, settings)
    try:
        if not isinstance(about, Report):
            await check_model(model)
            clip = about
            about = await aanalyze(about, transcript=transcript, tools=tools, resume=True, settings=settings)
        words = Path(transcript) if transcript else None
        seen = await asyncio.to_thread(open_clip, Path(clip), words, ()) if clip is not None else None
        yield Chat(
            report=about,
            codebook=load_codebook(settings.codebook),
            clip=seen,
            model=model,
            embedder=settings.embedder,
            cache=Cache(settings.data / "cache" / "tools") if settings.cache else None,
            worker=limits(settings) if settings.isolate else None,
            wanted=Wanted(media=settings.media, frames=settings.frames, frame_choice=settings.frame_choice),
            fence=fence(about.clip.sha256, secret(settings.data)),
        )
    finally:
        if model is not None:
            await model.close()
