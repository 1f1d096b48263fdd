"""A setup made from settings and options: what every run of a graph begins with."""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from agents.agent import Model
from agents.checking.calibration import Calibration, load_calibrations
from agents.codebook import load_codebook
from agents.models.opening import open_model
from agents.showing.presentation import Wanted
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

T = TypeVar("T")
WITHOUT_MODEL = ("cascade", "cascade+critic")  # strategies that the knowledge reasoner can follow
NAME_ONE = "name one with --model or MENTALIS_MODEL"


async def set_up(
    path: str | Path,
    *,
    transcript: str | Path | None = None,
    views: Sequence[str] = (),
    tools: Sequence[str | Tool] | None = None,
    settings: Settings | None = None,
    **overrides: Any,
) -> tuple[Setup, Path]:
    """A setup for a clip, and the database of its checkpoints; options as of `api.stream`.

    Raises:
        ClipError: the file is no readable video.
        MentalisError: an option can't be used.
    """
    settings = with_overrides(settings, overrides)
    use_weights_of(settings)
    require_model(settings)
    chosen = tuple(made(t) for t in (tools or settings.tools or BUILT_IN))
    load_codebook(settings.codebook)
    words = Path(transcript) if transcript else None
    clip = await asyncio.to_thread(open_clip, Path(path), words, views)
    model = await asyncio.to_thread(model_of, settings)
    return setup_for(clip, chosen, model, settings), settings.data / "checkpoints.sqlite"


def require_model(settings: Settings) -> None:
    """Refuse what only a model can do where none is named.

    Raises:
        SettingsError: the strategy, or checking gestures, needs a model.
    """
    if settings.model is not None:
        return
    if settings.strategy not in WITHOUT_MODEL:
        raise SettingsError(f"strategy {settings.strategy} needs a model: {NAME_ONE}")
    if settings.check_gestures:
        raise SettingsError(f"to check gestures (MENTALIS_CHECK_GESTURES) needs a model that sees pictures: {NAME_ONE}")


def setup_for(
    clip: Clip,
    tools: Sequence[Tool],
    model: Model | None,
    settings: Settings,
    *,
    store: ContentStore | None = None,
    cache: Cache | None = None,
) -> Setup:
    """The setup of a clip that is open, tools that are made and a model that is there.

    `store` and `cache` take the place of those in the data folder.

    Raises:
        CodebookError: no such codebook.
        CalibrationError: the model's calibration can't be read.
    """
    return Setup(
        clip=clip,
        tools=tuple(tools),
        codebook=load_codebook(settings.codebook),
        store=store or ContentStore(settings.data / "content"),
        cache=cache or (Cache(settings.data / "cache" / "tools") if settings.cache else None),
        model=model,
        embedder=settings.embedder,
        worker=limits(settings) if settings.isolate else None,
        wanted=Wanted(media=settings.media, frames=settings.frames, frame_choice=settings.frame_choice),
        secret=secret(settings.data),
        strategy=settings.strategy,
        samples=settings.samples,
        calibrations=fitted_for(model, settings.strategy, settings),
        audit_pairs=settings.audit_pairs,
        check_gestures=settings.check_gestures,
        max_revisions=settings.max_revisions,
        seed=settings.seed,
        version=__version__,
    )


def fitted_for(model: Model | None, strategy: str, settings: Settings) -> tuple[Calibration, ...]:
    """The calibrations of a model that judges by a strategy; none without a model.

    Raises:
        CodebookError: no such codebook.
        CalibrationError: the model's calibration can't be read.
    """
    if model is None:
        return ()
    return load_calibrations(settings.codebook, model.name, strategy, settings.data / "calibrations")


def waited_for(result: Coroutine[Any, Any, T]) -> T:
    """A coroutine's result; also inside a running event loop, as a notebook has one."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(result)
    with ThreadPoolExecutor(1, thread_name_prefix="mentalis") as apart:  # this thread's loop can't wait for another
        return apart.submit(lambda: asyncio.run(result)).result()


def limits(settings: Settings) -> WorkerLimits:
    """What a worker process may use."""
    return WorkerLimits(settings.worker_memory_mb, settings.worker_seconds, settings.worker_cores)


def open_clip(path: Path, transcript: Path | None, views: Sequence[str]) -> Clip:
    """A clip with its transcript and further views, each "file" or "file@seconds".

    Raises:
        ClipError: a file is no readable video.
        TranscriptError: the transcript can't be read or does not fit the clip.
        ViewError: a view can't be put on the clip's clock.
    """
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
