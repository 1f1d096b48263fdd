"""What jobs leave behind when they end, are cancelled or deleted."""

import asyncio
import logging
import os
import time
from types import SimpleNamespace

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from dbos import DBOS
from jobs_running import PATIENCE_S, becomes, files_of, jobs_running, sent, started, until
from sqlalchemy.exc import OperationalError

from agents.report import Failure
from graphs.events import ReportReady, ToolFinished
from perception.errors import TranscriptError
from reports.writing import write_file
from server import telling
from server.analysis_records import new_id
from server.errors import ApiError
from server.jobs import URGENCY
from server.sweeping import sweep

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


async def test_an_analysis_that_is_deleted_in_the_moment_it_ends_breaks_no_job_of_it(tmp_path, caplog):
    """Its stages, and the telling of its end, are still running when all that is known of it goes."""
    telling, may_end = asyncio.Event(), asyncio.Event()

    async def deliver(analysis, tries):
        telling.set()
        await may_end.wait()

    async with jobs_running(tmp_path, deliver) as jobs:
        logging.getLogger("dbos").addHandler(caplog.handler)
        analysis = await started(jobs, await sent(jobs), webhook="slow")
        await asyncio.wait_for(telling.wait(), PATIENCE_S)
        at_its_end = await started(jobs, analysis.file)
        async for _ in jobs.log.followed(at_its_end.id):
            pass
        for one in (analysis, at_its_end):
            await jobs.delete(one)
        assert [flow.workflow_id for flow in await flows(analysis)] == [f"{analysis.id}:tell"]
        may_end.set()
        async with asyncio.timeout(PATIENCE_S):
            while await flows(analysis) or await flows(at_its_end):
                await sweep(jobs, files_of(jobs))
        await asyncio.sleep(1.0)  # DBOS would wait for the end of a row that is gone
        logging.getLogger("dbos").removeHandler(caplog.handler)
    assert "Non-existent" not in caplog.text


@pytest.mark.parametrize(
    "name", ["clip.mp4", 'my "best" clip.mp4', r"a\b.mp4", 'a", "status": "ok", "error": "x', "naïve \U0001f642.mp4"]
)
async def test_what_goes_wrong_with_a_clip_is_told_by_its_name_in_events_and_reports(name, jobs, monkeypatch):
    """Whatever its client calls it: a name is text, and no part of what is around it."""

    async def measure(clip, *_):
        yield ToolFinished(tool="blinks", status="failed", seconds=1.0, error=f"{clip}: cut short")

    async def reason(clip, *_):
        failure = Failure(stage="blinks", what=f"{clip}: cut short")
        yield ReportReady(report=jobs.engine.report.model_copy(update={"failures": (failure,)}))

    monkeypatch.setattr(jobs.engine, "measure", measure)
    monkeypatch.setattr(jobs.engine, "reason", reason)
    analysis = await started(jobs, await sent(jobs), name=name)
    await becomes(jobs, analysis, "done", "failed")
    (event,) = [event for _, event in jobs.log.after(analysis.id, 0) if event["kind"] == "tool_finished"]
    assert (event["status"], event["error"]) == ("failed", f"{name}: cut short")
    report = jobs.report_of(jobs.analyses.get(analysis.id, "me"))
    assert (report.clip.name, [failure.what for failure in report.failures]) == (name, [f"{name}: cut short"])


@pytest.mark.parametrize("folder", ['a "quoted" folder', r"back\slash"])
async def test_no_path_is_told_wherever_the_server_keeps_its_files(folder, tmp_path, monkeypatch):
    async def measure(clip, options, codebook, places):
        yield ToolFinished(tool="blinks", status="failed", seconds=1.0, error=f"{clip}: cut short")
        raise TranscriptError(f"{clip}: cut short")

    (tmp_path / folder).mkdir()
    async with jobs_running(tmp_path / folder) as jobs:
        monkeypatch.setattr(jobs.engine, "measure", measure)
        analysis = await started(jobs, await sent(jobs))
        await becomes(jobs, analysis, "failed")
        told = [event["error"] for _, event in jobs.log.after(analysis.id, 0) if "error" in event]
    assert told == ["clip.mp4: cut short"] * 2


async def test_words_that_do_not_fit_their_clip_are_told_without_a_path(jobs, monkeypatch):
    async def measure(clip, options, codebook, places):
        raise TranscriptError(f"{places.transcript}, line 2: begins after the clip's end")
        yield

    monkeypatch.setattr(jobs.engine, "measure", measure)
    analysis, _ = jobs.analyses.add(new_id(), None, "", owner="me", file=await sent(jobs), name="a", options={})
    write_file(jobs.folder(analysis.id) / "transcript.srt", "words")
    await jobs.start(analysis)
    await becomes(jobs, analysis, "failed")
    assert jobs.analyses.get(analysis.id, "me").error == "transcript, line 2: begins after the clip's end"


async def test_an_analysis_that_is_cancelled_while_its_report_is_written_has_none(jobs, monkeypatch):
    analysis, _ = jobs.analyses.add(new_id(), None, "", owner="me", file=await sent(jobs), name="a", options={})
    keep = jobs._keep

    def keep_and_cancel(*kept):
        keep(*kept)
        jobs.analyses.end(analysis.id, "cancelled", {"kind": "cancelled"})

    monkeypatch.setattr(jobs, "_keep", keep_and_cancel)
    await jobs.start(analysis)
    await becomes(jobs, analysis, "cancelled")
    now = jobs.analyses.get(analysis.id, "me")
    assert (jobs.report_of(now), jobs.made_with(now)) == (None, None)


async def test_an_analysis_is_deleted_though_the_rows_of_its_stages_can_not_be_and_they_go_later(jobs, monkeypatch):
    analysis = await started(jobs, await sent(jobs))
    await becomes(jobs, analysis, "done")

    async def fails(ids):
        raise RuntimeError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(DBOS, "delete_workflows_async", fails)
        await jobs.delete(analysis)
    assert jobs.analyses.status(analysis.id) is None
    async with asyncio.timeout(PATIENCE_S):
        while await flows(analysis):
            await sweep(jobs, files_of(jobs))


async def test_rows_of_stages_go_though_the_server_that_deleted_their_analysis_did_not_get_to_it(jobs):
    analysis, kept = await started(jobs, await sent(jobs)), await started(jobs, await sent(jobs))
    for one in (analysis, kept):
        await becomes(jobs, one, "done")
    jobs.analyses.delete(analysis.id)
    async with asyncio.timeout(PATIENCE_S):
        while await flows(analysis):
            await sweep(jobs, files_of(jobs))
    assert await flows(kept)


async def test_one_that_can_not_be_deleted_when_it_has_expired_keeps_no_other(jobs, monkeypatch, caplog):
    file = await sent(jobs)
    bad, good = [await started(jobs, file, expires_at=1.0) for _ in range(2)]
    forget = jobs.engine.forget

    async def fails(places):
        if places.thread == bad.id:
            raise RuntimeError("the database is away")
        await forget(places)

    monkeypatch.setattr(jobs.engine, "forget", fails)
    await sweep(jobs, files_of(jobs))
    assert jobs.analyses.status(good.id) is None
    assert f"{bad.id} has expired but could not be deleted" in caplog.text


async def flows(analysis):
    return await DBOS.list_workflows_async(workflow_id_prefix=analysis.id)


def has_media(jobs, file):
    return files_of(jobs).media(file).exists()


async def test_media_that_are_not_to_be_kept_go_though_the_analysis_fails_or_is_cancelled(jobs):
    jobs.engine.fails = True
    failed = await started(jobs, await sent(jobs, b"fails"), derived_only=True)
    cancelled = await started(jobs, await sent(jobs, b"cancelled"), derived_only=True, **HELD)
    kept = await started(jobs, await sent(jobs, b"kept"))
    await becomes(jobs, cancelled, "measuring")
    await jobs.cancel(cancelled)
    assert not has_media(jobs, cancelled.file)
    for analysis in (failed, kept):
        await becomes(jobs, analysis, "failed")
    await until(lambda: not has_media(jobs, failed.file))
    assert has_media(jobs, kept.file)


async def test_media_that_are_not_to_be_kept_go_when_the_last_analysis_of_them_has_ended(jobs):
    file = await sent(jobs)
    held = await started(jobs, file, **HELD)
    await becomes(jobs, held, "measuring")
    derived = await started(jobs, file, derived_only=True)
    await becomes(jobs, derived, "done")
    assert has_media(jobs, file)
    await jobs.delete(derived)
    jobs.engine.held.clear()
    await becomes(jobs, held, "done")
    await until(lambda: not has_media(jobs, file))


async def test_an_analysis_tells_what_became_of_its_webhook(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(telling, "WAITS_S", ())

    async def deliver(analysis, tries):
        if analysis.webhook == "refuses":
            raise ApiError(502, "the webhook's receiver answers 410", "webhook_failed")
        if analysis.webhook == "breaks":
            raise RuntimeError("a secret")
        return 600.0 if analysis.webhook == "slow" else None

    async with jobs_running(tmp_path, deliver) as jobs:
        file = await sent(jobs)
        asked = {
            webhook: await started(jobs, file, webhook=webhook, webhook_status="pending")
            for webhook in ("refuses", "breaks", "slow", "takes")
        }

        def told():
            return {
                webhook: (row.webhook_status, row.webhook_error)
                for webhook, analysis in asked.items()
                for row in [jobs.analyses.get(analysis.id, "me")]
            }

        await until(lambda: [status for status, _ in told().values()].count("pending") == 1)
        assert told() == {
            "refuses": ("failed", "the webhook's receiver answers 410"),
            "breaks": ("failed", "telling it broke off (RuntimeError)"),
            "slow": ("pending", None),
            "takes": ("delivered", None),
        }


async def test_an_analysis_whose_server_was_killed_before_it_was_queued_keeps_its_priority(jobs, monkeypatch):
    queued = []

    async def enqueue(queue, workflow, name, priority):
        queued.append((name, priority))

    monkeypatch.setattr(DBOS, "enqueue_workflow_async", enqueue)
    for priority in ("high", "low"):
        jobs.analyses.add(new_id(), None, "", owner="me", file="file-1", name="a", options={}, priority=priority)
    await sweep(jobs, files_of(jobs))
    assert sorted(urgency for _, urgency in queued) == [URGENCY["high"], URGENCY["low"]]


async def test_a_receiver_that_asks_for_time_holds_up_no_other_and_is_told_again(tmp_path):
    told, waits_s = [], {"slow": {1: 600.0}, "busy": {1: 0.1, 2: 0.1}, "quick": {}}

    async def deliver(analysis, tries):
        told.append((analysis.webhook, tries))
        return waits_s[analysis.webhook].get(tries)

    async with jobs_running(tmp_path, deliver, tell_at_once=1) as jobs:
        file = await sent(jobs)
        slow = await started(jobs, file, webhook="slow")
        await until(lambda: told == [("slow", 1)])
        for webhook in ("busy", "quick"):
            await started(jobs, file, webhook=webhook)
        await until(lambda: {("quick", 1), ("busy", 3)} < set(told))
        assert sorted(told) == [("busy", 1), ("busy", 2), ("busy", 3), ("quick", 1), ("slow", 1)]
        await jobs.delete(slow)
        left = await DBOS.list_workflows_async(workflow_id_prefix=slow.id)
        assert [workflow.workflow_id for workflow in left] == []


@pytest.mark.parametrize("away", ["deliver", "write"])
async def test_a_webhook_is_told_again_when_something_of_ours_breaks_off_until_the_tries_are_over(away):
    kept = []

    async def deliver(analysis, tries):
        if away == "deliver":
            raise RuntimeError("a secret")

    def webhook_told(name, status, error=None):
        if away == "write" and status == "delivered":
            raise RuntimeError("no row")
        kept.append((status, error))

    analysis, analyses = SimpleNamespace(id="an_1", webhook="w"), SimpleNamespace(webhook_told=webhook_told)
    waits_s = [await telling.tell(analysis, tries, deliver, analyses) for tries in range(1, 6)]
    assert waits_s == [*telling.WAITS_S, None]
    assert kept == [("failed", "telling it broke off (RuntimeError)")]


async def test_a_webhooks_end_that_the_database_cannot_keep_just_now_is_no_failure_of_telling_it():
    def webhook_told(name, status, error=None):
        raise OperationalError("UPDATE", {}, Exception("away"))

    async def deliver(analysis, tries):
        """It is told."""

    analysis, analyses = SimpleNamespace(id="an_1", webhook="w"), SimpleNamespace(webhook_told=webhook_told)
    with pytest.raises(OperationalError):
        await telling.tell(analysis, 1, deliver, analyses)


async def test_media_that_came_again_as_an_analysis_of_them_ends_are_left_for_who_is_about_to_ask(jobs):
    analysis = await started(jobs, await sent(jobs), derived_only=True, **HELD)
    await becomes(jobs, analysis, "measuring")
    await sent(jobs)
    await jobs.cancel(analysis)
    assert has_media(jobs, analysis.file)
    os.utime(files_of(jobs).media(analysis.file), (time.time() - 61,) * 2)
    await sweep(jobs, files_of(jobs))
    assert not has_media(jobs, analysis.file)
