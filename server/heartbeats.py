"""Servers that share a database tell one another that they live; what a silent one was at, another takes over."""

import asyncio
import logging
import time
from collections.abc import Callable

from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from server.database import SERVERS

BEAT_EVERY_S = 3.0
SILENT_S = 15.0  # after which a server is held to be dead
NOW = func.extract("epoch", func.clock_timestamp())  # PostgreSQL's clock: the servers' own may differ
logger = logging.getLogger(__name__)


class Heartbeats:
    """The row of this server, and a look at those of the others."""

    def __init__(self, engine: Engine, own: str, take_over: Callable[[str], object]) -> None:
        """`take_over` makes what another server was at start again; done twice, it is done once."""
        self._engine, self._own, self._take_over = engine, own, take_over
        self._steady_since = time.monotonic()

    def beat(self) -> None:
        """Say that this server lives."""
        with self._engine.begin() as connection:
            beaten = connection.execute(update(SERVERS).where(SERVERS.c.id == self._own).values(seen_at=NOW))
            if not beaten.rowcount:
                connection.execute(insert(SERVERS).values(id=self._own, seen_at=NOW))

    def leave(self) -> None:
        """Say that it is over: the others need not wait."""
        with self._engine.begin() as connection:
            connection.execute(update(SERVERS).where(SERVERS.c.id == self._own).values(seen_at=0))

    def stand_in(self) -> list[str]:
        """Take over from each silent server that no other server is at just now; which they were."""
        silent = select(SERVERS.c.id).where(SERVERS.c.seen_at < NOW - SILENT_S, SERVERS.c.id != self._own)
        with self._engine.begin() as connection:  # their rows are locked, and go once all is taken over
            names = list(connection.execute(silent.with_for_update(skip_locked=True)).scalars())
            for name in names:
                self._take_over(name)
                connection.execute(delete(SERVERS).where(SERVERS.c.id == name))
        return names

    async def keep_on(self) -> None:
        """Beat and look, until it is cancelled."""
        while True:
            try:
                await asyncio.to_thread(self._once)
            except SQLAlchemyError as error:  # the others could not beat either: they are not dead for that
                self._steady_since = time.monotonic()
                logger.warning("the database does not answer (%s); it is asked again", type(error).__name__)
            await asyncio.sleep(BEAT_EVERY_S)

    def _once(self) -> None:
        self.beat()
        if time.monotonic() - self._steady_since > SILENT_S and (names := self.stand_in()):
            logger.warning("took over from %d server(s): stopped, or silent for %g s", len(names), SILENT_S)
