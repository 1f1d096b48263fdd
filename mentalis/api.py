"""`analyze()`: a clip in, a grounded report out. Wiring only."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from agents.models.opening import check_model
from agents.report import Report
from graphs.events import Event, ReportReady
from graphs.running import finished, run
from mentalis.setting_up import set_up, waited_for
from mentalis.settings import Settings
from perception.tool import Tool


def analyze(path: str | Path, **options: Any) -> Report:
    """Analyse a clip and return its report; also inside a running event loop, as a notebook has one.

    Args:
        path: a video file.
        **options: as of `stream`.

    Raises:
        ClipError: the file is no readable video.
        MentalisError: an option can't be used.
    """
    return waited_for(aanalyze(path, **options))


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
        ModelError: nobody answers at the endpoint, or it has no such model; not where a finished run is resumed.
        MentalisError: an option can't be used.
    """
    setup, database = await set_up(
        path, transcript=transcript, views=views, tools=tools, settings=settings, **overrides
    )
    try:
        if not (resume and await finished(setup, database)):
            await check_model(setup.model)
        async for event in run(setup, database, resume=resume):
            yield event
    finally:
        await setup.close()
