"""The product behind the server: one model for all analyses, each clip decoded in a process of its own. Wiring only."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

from agents.agent import Model
from agents.chat_history import ChatAnswer, ChatHistory
from agents.codebook import load_codebook
from agents.models.chat_model import ChatModel
from agents.models.response_cache import ResponseCache
from agents.report import Report
from agents.showing.fence import fence
from agents.showing.presentation import Wanted
from graphs.chat import converse
from graphs.chat_setup import Chat
from graphs.events import Event
from graphs.perceiving import measure
from graphs.running import forget, run
from graphs.state import Setup
from graphs.store import ContentStore
from mentalis.demo import WORDS, make_demo
from mentalis.own_loop import OwnLoop
from mentalis.secret import secret
from mentalis.setting_up import limits, model_of, require_model, setup_for, with_overrides
from mentalis.settings import Settings, use_weights_of
from perception.cache import Cache
from perception.clip import Clip, Limits
from perception.errors import WorkerKilled
from perception.isolation import kept_apart
from perception.overlay import overlay
from perception.tool import BUILT_IN, factories, made
from perception.worker import run_limited
from server.engine import Options, Places
from server.sending import Demo

Tell = Callable[[Event], None]
TOLD = {"model", "strategy", "codebook", "media", "frames", "samples", "audit_pairs", "check_gestures", "seed"}
MOST_CLIPS = 16  # that stay open: questions about a clip come one after the other, and to open one takes its time


class Product:
    """Analyses and answers as these settings say, on a loop of their own: a busy one keeps no request waiting."""

    def __init__(self, settings: Settings, clip_limits: Limits) -> None:
        """Open the model; nothing is sent yet.

        Raises:
            MentalisError: a setting can't be used.
        """
        use_weights_of(settings)
        require_model(settings)
        load_codebook(settings.codebook)
        self._settings, self._clip_limits = settings, clip_limits
        self._clips: dict[tuple[Path, int | None, Path | None, int | None], Clip] = {}  # opened ones, the newest last
        model = model_of(settings.model_copy(update={"cache": False}))
        self._model = model.discreet() if isinstance(model, ChatModel) else model
        self._loop = OwnLoop("reasoning")

    def measure(self, clip: Path, options: Options, codebook: str | None, places: Places) -> AsyncIterator[Event]:
        """Run the tools; their results are in the cache then."""
        return self._loop.stream(partial(self._measure, clip, options, codebook, places))

    def reason(self, clip: Path, options: Options, codebook: str | None, places: Places) -> AsyncIterator[Event]:
        """Run the graph from its last checkpoint; the tools' results are found in the cache."""
        return self._loop.stream(partial(self._reason, clip, options, codebook, places))

    async def answer(
        self,
        report: Report,
        clip: Path | None,
        question: str,
        history: ChatHistory | None,
        codebook: str | None,
        places: Places,
    ) -> ChatAnswer:
        """Answer a question about a report; without the clip nothing more can be measured or shown."""

        async def answered() -> ChatAnswer:
            settings = self._settings
            about = Chat(
                report=report,
                codebook=load_codebook(codebook or settings.codebook),
                clip=await self._opened(clip, places.transcript) if clip is not None else None,
                model=await self._keeping(places.cache / "answers", settings.seed),
                embedder=settings.embedder,
                cache=Cache(places.cache / "tools"),
                worker=limits(settings),
                wanted=Wanted(media=settings.media, frames=settings.frames, frame_choice=settings.frame_choice),
                fence=fence(report.clip.sha256, secret(settings.data)),
            )
            return await converse(question, about, history)

        return await self._loop.run(answered())

    async def tracks(self, clip: Path, places: Places) -> list[dict[str, Any]]:
        """Boxes and landmarks of the faces, where they were measured with the tool's usual options."""

        async def looked_up() -> list[dict[str, Any]]:
            opened = await self._opened(clip, places.transcript)
            return await asyncio.to_thread(overlay, opened, Cache(places.cache / "tools"))

        return await self._loop.run(looked_up())

    def check(self, options: Options) -> None:
        """Refuse options that can't be used.

        Raises:
            MentalisError: saying which and why.
        """
        wanted = options.model_dump(include={"strategy", "check_gestures"}, exclude_none=True)
        require_model(self._settings.model_copy(update=wanted))  # the values are checked; read anew, they take 5 ms
        for tool in options.tools or ():
            made(tool)

    def tools(self) -> list[dict[str, Any]]:
        """The tools that there are, with what they need."""
        return [
            {"name": tool.name, "version": tool.version, "summary": tool.summary, "needs": list(tool.needs)}
            for tool in (factory() for factory in factories().values())
        ]

    async def forget(self, places: Places) -> None:
        """Delete an analysis' checkpoints from PostgreSQL; a file of its own goes with its folder."""
        if places.checkpoints.startswith("postgresql"):
            await forget(places.checkpoints, places.thread)

    def settings(self) -> dict[str, Any]:
        """What matters to a client of all that is set."""
        return self._settings.model_dump(mode="json", include=TOLD)

    async def trouble(self) -> str | None:
        """What is wrong with the model's endpoint, in a line."""
        if not isinstance(self._model, ChatModel):  # none, or one in this process
            return None
        return await self._loop.run(self._model.trouble())

    async def close(self) -> None:
        """Close the model's connections; nothing more can be asked."""
        if self._model is not None:
            await self._loop.run(self._model.close())
        await self._loop.close()

    async def _measure(self, clip: Path, options: Options, codebook: str | None, places: Places, tell: Tell) -> None:
        await measure(await self._setup(clip, options, codebook, places), tell)

    async def _reason(self, clip: Path, options: Options, codebook: str | None, places: Places, tell: Tell) -> None:
        setup = await self._setup(clip, options, codebook, places)
        async for event in run(setup, places.checkpoints, resume=True, thread=places.thread):
            tell(event)

    async def _setup(self, clip: Path, options: Options, codebook: str | None, places: Places) -> Setup:
        settings = with_overrides(
            self._settings, {**options.model_dump(exclude={"tools", "codebook"}), "codebook": codebook, "isolate": True}
        )
        require_model(settings)
        tools = tuple(made(tool) for tool in (options.tools or settings.tools or BUILT_IN))
        return setup_for(
            await self._opened(clip, places.transcript),
            tools,
            await self._keeping(places.cache / "answers", settings.seed),
            settings,
            store=ContentStore(places.content),
            cache=Cache(places.cache / "tools"),
        )

    async def _keeping(self, folder: Path, seed: int) -> Model | None:
        """The model, drawing by a seed, with its answers kept where the file's other results are."""
        if not isinstance(self._model, ChatModel):
            return self._model
        await self._model.abilities()  # once for all
        return self._model.keeping(ResponseCache(folder), seed)

    async def _opened(self, path: Path, transcript: Path | None) -> Clip:
        """A clip, probed in a process of its own.

        Raises:
            ClipError: it can't be used.
            TranscriptError: its words can't be read, or do not fit.
        """
        limit = limits(self._settings)
        seen = (path, _modified(path), transcript, _modified(transcript))
        if (known := self._clips.pop(seen, None)) is not None:
            self._clips[seen] = known  # the newest again
            return known
        try:
            clip = await asyncio.to_thread(
                run_limited,
                _open,
                path,
                transcript,
                self._clip_limits,
                memory_mb=limit.memory_mb,
                seconds=limit.seconds,
            )
        except WorkerKilled as error:
            raise WorkerKilled(f"{path}: it can't be opened ({error}); the file may be damaged") from error
        self._clips[seen] = apart = kept_apart(clip, limit)
        if len(self._clips) > MOST_CLIPS:
            del self._clips[next(iter(self._clips))]
        return apart


def _modified(path: Path | None) -> int | None:
    """When a file was written last, in nanoseconds; none where there is no file."""
    return path.stat().st_mtime_ns if path is not None and path.exists() else None


def _open(path: Path, transcript: Path | None, limits: Limits) -> Clip:
    return Clip.open(path, transcript, limits)


def demo(settings: Settings) -> Demo:
    """The demo's clip, made when it is first asked for."""
    made, one_at_a_time = list[Path](), asyncio.Lock()

    async def clip() -> AsyncIterator[bytes]:
        async with one_at_a_time:
            if not made or not made[0].exists():
                made[:] = [(await asyncio.to_thread(make_demo, settings.data / "demo")).clip]
        yield await asyncio.to_thread(made[0].read_bytes)

    return Demo(clip, WORDS)
