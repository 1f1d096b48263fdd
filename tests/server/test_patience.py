"""Work waits while the database is away, begins anew, and hides no other error; what is told names no content."""

import pytest

pytest.importorskip("sqlalchemy", reason="the server extra is not installed")
pytest.importorskip("psycopg", reason="the server extra is not installed")
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from server import patience
from server.patience import patiently, why


def away():
    return OperationalError("INSERT INTO files VALUES (:name)", {"name": "my clip"}, Exception("no route\nto host"))


async def test_work_begins_anew_until_the_database_is_there(monkeypatch, caplog):
    monkeypatch.setattr(patience, "FIRST_WAIT_S", 0.0)
    fails = [away(), away()]

    async def work(number, more):
        if fails:
            raise fails.pop()
        return number + more

    assert await patiently(work, 1, more=2) == 3
    assert [record.getMessage() for record in caplog.records] == [
        "the database does not answer (no route); tried again in 0 s"
    ] * 2


async def test_another_error_is_not_waited_out():
    async def work():
        raise ValueError("a mistake of ours")

    with pytest.raises(ValueError, match="a mistake"):
        await patiently(work)


def test_what_is_told_has_the_reason_and_nothing_of_what_was_asked(tmp_path):
    assert why(away()) == "no route"
    asked = text("SELECT * FROM clips WHERE name = :name")
    engine = create_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with engine.connect() as connection, pytest.raises(OperationalError) as raised:
        connection.execute(asked, {"name": "my clip"})
    assert why(raised.value) == "no such table: clips"
