"""What DBOS logs that is no error, or that we tell ourselves, is left out; all else stays."""

import logging

import pytest

pytest.importorskip("dbos", reason="the server extra is not installed")
from server.dbos_log import is_news

REFUSED = "(psycopg.OperationalError) connection failed"


@pytest.mark.parametrize(
    ("message", "error", "told"),
    [
        ("it broke", RuntimeError("cannot schedule new futures after shutdown"), False),
        ("it broke", RuntimeError(REFUSED), False),
        ("Asyncio task cancelled for workflow or step", None, False),
        (f"Exception encountered in queue thread: {REFUSED}", None, False),
        ("it broke", RuntimeError("the graph broke"), True),
        ("it broke", None, True),
    ],
)
def test_what_is_no_news_is_left_out(message, error, told):
    about = (type(error), error, None) if error else None
    assert is_news(logging.LogRecord("dbos", logging.ERROR, __file__, 1, message, (), about)) is told
