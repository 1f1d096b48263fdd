"""What jobs leave behind when they end, are cancelled or deleted."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from jobs_running import becomes, jobs_running, sent, started, until

HELD = {"options": {"strategy": "debate"}}


@pytest.fixture
async def jobs(tmp_path):
    async with jobs_running(tmp_path) as running:
        running.engine.held.add("debate")
        yield running


async def test_a_running_analysis_that_is_deleted_leaves_nothing_though_its_stage_stops_later(jobs):
    analysis = await started(jobs, await sent(jobs), **HELD)
    await becomes(jobs, analysis, "measuring")
    await until(lambda: jobs.log.after(analysis.id, 0))
    await jobs.delete(analysis)
    await until(lambda: jobs.engine.left == [jobs.folder(analysis.id)])
    await until(lambda: jobs.engine.forgot == [analysis.id] * 2)  # at once, and when the stage had stopped
    await until(lambda: not jobs.folder(analysis.id).exists())
