"""Now and then: what has expired is deleted, and what a killed server left half done is seen to."""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from server.derived_only import drop_unasked
from server.file_records import Files
from server.jobs import Jobs
from server.strays import sweep_strays

logger = logging.getLogger(__name__)


async def sweep(jobs: Jobs, files: Files) -> None:
    """Do all of that once; what goes wrong with one of many is logged, and tried again the next time."""
    now = time.time()
    await jobs.start_forgotten()
    for analysis in await asyncio.to_thread(jobs.analyses.expired, now):
        with _logged(analysis.id):
            await jobs.delete(analysis)
    for file in await asyncio.to_thread(files.expired, now):
        with _logged(file.id):
            await _delete(file.id, jobs, files)
    await jobs.stages.delete_left(jobs.analyses.known)
    await asyncio.to_thread(drop_unasked, jobs.analyses, files, now)
    await asyncio.to_thread(sweep_strays, jobs.folder(""), jobs.analyses.known, now)
    await asyncio.to_thread(files.sweep_strays, now)


async def _delete(file: str, jobs: Jobs, files: Files) -> None:
    for analysis in await asyncio.to_thread(jobs.analyses.of_file, file):
        if not analysis.ended:
            await jobs.cancel(analysis)
    await asyncio.to_thread(files.delete, file)


@contextmanager
def _logged(name: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        logger.exception("%s has expired but could not be deleted: it is tried again", name)
