"""Rows of analyses and their events: numbered without gaps by whoever writes, ended once, with their last event."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("sqlalchemy", reason="the server extra is not installed")
from sqlalchemy import text

from server.analysis_records import Analyses, new_id
from server.database import open_database
from server.event_log import EventLog

WRITERS = 8


@pytest.fixture
def database(tmp_path):
    engine = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    yield engine
    engine.dispose()


def added(database, key=None, **values):
    row = {"owner": "me", "file": "file-1", "name": "clip", "options": {}, **values}
    return Analyses(database).add(new_id(), key, "asked", **row)


def test_tables_of_an_earlier_version_get_the_columns_that_they_lack(database, tmp_path):
    name = added(database)[0].id
    with database.begin() as connection:
        for column in ("priority", "webhook_status", "webhook_error"):
            connection.execute(text(f"ALTER TABLE analyses DROP COLUMN {column}"))
    again = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    analysis = Analyses(again).get(name, "me")
    again.dispose()
    assert (analysis.priority, analysis.webhook_status) == ("normal", None)


def test_events_of_many_writers_are_numbered_without_gaps(database):
    name, log = added(database)[0].id, EventLog(database)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda n: log.append(name, {"kind": "check", "n": n}, {"kind": "check", "n": n}), range(40)))
    events = log.after(name, 0)
    assert [number for number, _ in events] == list(range(1, 81))
    assert sorted(event["n"] for _, event in events) == sorted([*range(40)] * 2)


def test_an_analysis_ends_once_with_its_last_event(database):
    name, analyses = added(database)[0].id, Analyses(database)
    with ThreadPoolExecutor(WRITERS) as pool:
        ended = list(pool.map(lambda n: analyses.end(name, "failed", {"kind": "failed"}, f"by {n}"), range(WRITERS)))
    assert ended.count(True) == 1
    assert analyses.get(name, "me").error == f"by {ended.index(True)}"
    assert [event["kind"] for _, event in EventLog(database).after(name, 0)] == ["failed"]
    assert not analyses.move(name, "reasoning")


def test_no_analysis_ends_without_its_last_event(database, monkeypatch):
    name, analyses = added(database)[0].id, Analyses(database)
    monkeypatch.setattr("server.analysis_records.append", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        analyses.end(name, "done", {"kind": "report"})
    assert analyses.status(name) == "queued"


def test_nothing_is_told_of_an_analysis_that_was_deleted(database):
    name, log = added(database)[0].id, EventLog(database)
    Analyses(database).delete(name)
    log.append(name, {"kind": "check"})
    assert log.after(name, 0) == []


def test_a_request_that_comes_twice_at_once_is_one_analysis(database):
    with ThreadPoolExecutor(WRITERS) as pool:
        made = list(pool.map(lambda _: added(database, "key"), range(WRITERS)))
    assert len({analysis.id for analysis, _ in made}) == 1
    assert [new for _, new in made].count(True) == 1


def test_where_one_analysis_of_a_file_is_derived_only_all_say_that_they_are(database):
    before, other = added(database)[0], added(database, file="file-2")[0]
    assert not before.derived_only
    added(database, derived_only=True)
    after = added(database)[0]
    assert [Analyses(database).get(made.id, "me").derived_only for made in (before, after, other)] == [
        True,
        True,
        False,
    ]


async def test_events_are_told_at_once_after_others_were_deleted(database, monkeypatch):
    """Their places in the table are free then, and may be taken again."""
    monkeypatch.setattr("server.event_log.HEARTBEAT_S", 5.0)
    log, name, other = EventLog(database), added(database)[0].id, added(database)[0].id
    log.append(name, {"kind": "check"})
    log.append(other, *[{"kind": "check"}] * 9)
    followed = log.followed(name)
    assert (await anext(followed))[0] == 1
    waiting = asyncio.create_task(anext(followed))
    await asyncio.sleep(0.3)  # it has looked
    Analyses(database).delete(other)
    begun = time.monotonic()
    log.append(name, {"kind": "report"})
    assert (await waiting)[0] == 2
    assert time.monotonic() - begun < 3
    await followed.aclose()
    await log.close()
