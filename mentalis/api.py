"""`analyze()`: a clip in, a grounded report out. Wiring only."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from agents.agent import Model
from agents.calibration import load_calibrations
from agents.codebook import load_codebook
from agents.opening import open_model
from agents.presentation import Wanted
from agents.report import Report
from graphs.events import Event, ReportReady
from graphs.running import run
from graphs.state import Setup
from graphs.store import ContentStore
from mentalis import __version__
from mentalis.secret import secret
from mentalis.settings import Settings, SettingsError, read_settings, use_weights_of
from perception.cache import Cache
from perception.clip import Clip
from perception.errors import ViewError
from perception.isolation import WorkerLimits
from perception.tool import BUILT_IN, Tool, made
from perception.views import add_view


def analyze(path: str | Path, **options: Any) -> Report:
    """Analyse a clip and return its report; also inside a running event loop, as a notebook has one.

    Args:
        path: a video file.
        **options: as of `stream`.

    Raises:
        ClipError: the file is no readable video.
        MentalisError: an option can't be used.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(aanalyze(path, **options))
    with ThreadPoolExecutor(1, thread_name_prefix="analyze") as apart:  # this thread's loop can't wait for another
        return apart.submit(lambda: asyncio.run(aanalyze(path, **options))).result()


async def aanalyze(path: str | Path, **options: Any) -> Report:
    """Analyse a clip and return its report, without blocking the event loop."""
    report = None
    async for event in stream(path, **options):
        if isinstance(event, ReportReady):
            report = event.report
    assert report is not None, "a run that does not raise ends with a report"
    return report


async def stream(
    path: str | Path,
    *,
    transcript: str | Path | None = None,
    views: Sequence[str] = (),
    tools: Sequence[str | Tool] | None = None,
    resume: bool = False,
    settings: Settings | None = None,
    **overrides: Any,
) -> AsyncIterator[Event]:
    """Analyse a clip and yield events as things happen; the last event is the report.

    Args:
        path: a video file (mp4, mov, webm, avi, mkv, gif).
        transcript: SRT, WebVTT, JSON or plain text.
        views: further cameras on the same scene, each "file" (put on the clip's clock by its sound) or "file@seconds"
            (when its first picture was taken, on the clip's clock).
        tools: names or made tools; the default set when not given. What they need runs as well.
        resume: go on where an interrupted run of the same analysis stopped.
        settings: in place of those from the environment.
        **overrides: any field of `Settings` (`model`, `base_url`, `codebook`, `max_revisions`, ...).

    Raises:
        ClipError: the file is no readable video.
        MentalisError: an option can't be used.
    """
    settings = with_overrides(settings, overrides)
    use_weights_of(settings)
    chosen = tuple(made(t) for t in (tools or settings.tools or BUILT_IN))
    codebook = load_codebook(settings.codebook)
    if settings.model is None and settings.strategy not in ("cascade", "cascade+critic"):
        raise SettingsError(f"strategy {settings.strategy} needs a model: name one with --model or MENTALIS_MODEL")
    clip = await asyncio.to_thread(_open, Path(path), Path(transcript) if transcript else None, views)
    model = await asyncio.to_thread(model_of, settings)
    setup = Setup(
        clip=clip,
        tools=chosen,
        codebook=codebook,
        store=ContentStore(settings.data / "content"),
        cache=Cache(settings.data / "cache" / "tools") if settings.cache else None,
        model=model,
        embedder=settings.embedder,
        worker=_limits(settings) if settings.isolate else None,
        wanted=Wanted(media=settings.media, frames=settings.frames, frame_choice=settings.frame_choice),
        secret=secret(settings.data),
        strategy=settings.strategy,
        samples=settings.samples,
        calibrations=load_calibrations(settings.codebook, model.name, settings.data / "calibrations") if model else (),
        audit_pairs=settings.audit_pairs,
        max_revisions=settings.max_revisions,
        seed=settings.seed,
        version=__version__,
    )
    try:
        async for event in run(setup, settings.data / "checkpoints.sqlite", resume=resume):
            yield event
    finally:
        if model is not None:
            await model.close()


def _limits(settings: Settings) -> WorkerLimits:
    return WorkerLimits(settings.worker_memory_mb, settings.worker_seconds, settings.worker_cores)


def _open(path: Path, transcript: Path | None, views: Sequence[str]) -> Clip:
    clip = Clip.open(path, transcript=transcript)
    for view in views:
        name, at, offset = view.rpartition("@")
        if not at or Path(view).exists():
            clip = add_view(clip, view)
        elif re.fullmatch(r"-?\d+(\.\d+)?", offset):
            clip = add_view(clip, name, float(offset))
        else:
            raise ViewError(f"--view {view}: {offset!r} is no number of seconds; give it as FILE@0.5")
    return clip


def model_of(settings: Settings) -> Model | None:
    """The model that the settings name, or none.

    Raises:
        SettingsError: an endpoint without a model.
        ModelError: a model without an endpoint, or that can't be loaded.
    """
    if settings.model is None:
        if settings.base_url is not None:
            raise SettingsError("a base URL is set but no model: name one with --model or MENTALIS_MODEL")
        return None
    return open_model(
        settings.model,
        settings.base_url,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        timeout_s=settings.timeout_s,
        retries=settings.retries,
        concurrency=settings.concurrency,
        seed=settings.seed,
        cache=settings.data / "cache" / "answers" if settings.cache else None,
    )


def with_overrides(settings: Settings | None, overrides: dict[str, Any]) -> Settings:
    """Settings (those in force when none are given) with a call's options in place of theirs; none is not given.

    Raises:
        SettingsError: no such setting, or a value that it can't take.
    """
    unknown = set(overrides) - set(Settings.model_fields)
    if unknown:
        raise SettingsError(
            f"no setting is called {sorted(unknown)[0]!r}; there are: {', '.join(Settings.model_fields)}"
        )
    given = {name: value for name, value in overrides.items() if value is not None}
    return read_settings(**{**(settings.model_dump(exclude_unset=True) if settings else {}), **given})
