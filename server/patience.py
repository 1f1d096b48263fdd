"""A database that is away for a while: work that can be begun again waits for it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

AWAY = (OperationalError, InterfaceError, psycopg.OperationalError)  # the last is that of the graph's checkpoints
FIRST_WAIT_S, MOST_WAIT_S = 1.0, 30.0
P = ParamSpec("P")
T = TypeVar("T")
logger = logging.getLogger(__name__)


async def patiently(work: Callable[P, Awaitable[T]], *args: P.args, **named: P.kwargs) -> T:
    """What the work comes to, however long the database is away: it is begun anew until it is not."""
    wait_s = FIRST_WAIT_S
    while True:
        try:
            return await work(*args, **named)
        except AWAY as error:
            logger.warning("the database does not answer (%s); tried again in %g s", why(error), wait_s)
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, MOST_WAIT_S)


def why(error: Exception) -> str:
    """What the database's driver says, in a line; not what was asked, which has clients' content."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return next(iter(str(said).strip().splitlines()), type(error).__name__)
