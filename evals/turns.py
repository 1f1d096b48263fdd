"""Samples of words alone take turns at this process: one works while the others wait for the model.

Each working at once, all would be ready at the same time, and so late: the first question would be sent when the last
is prepared, and answers that come together would keep the next questions waiting. Clips are measured in threads and
processes, several at a time, and take no turns.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from agents.agent import Answer, Message, Model
from agents.models.abilities import Abilities
from evals.run import Run

T = TypeVar("T", bound=BaseModel)


@asynccontextmanager
async def turn(run: Run, turns: asyncio.Semaphore) -> AsyncIterator[Run]:
    """Wait for a turn; in the run that is given, a sample that waits for the model lets the next one work."""
    mine = _Turn(turns)
    await mine.take()
    try:
        yield run if run.model is None else replace(run, model=_Waiting(run.model, mine))
    finally:
        mine.give_back()


class _Turn:
    """Whether a sample has the turn; given back twice, it is given back once."""

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns, self._held, self._taking = turns, False, asyncio.Lock()

    async def take(self) -> None:
        async with self._taking:
            if not self._held:
                await self._turns.acquire()
                self._held = True

    def give_back(self) -> None:
        if self._held:
            self._held = False
            self._turns.release()


class _Waiting:
    """A sample's model: who asks gives the turn back, and takes it again with the answer before anything else.

    Of several questions at once, what goes on after the first answer may give way to others at the next question only.
    """

    def __init__(self, model: Model, turn: _Turn) -> None:
        self.name, self._model, self._turn = model.name, model, turn

    async def abilities(self) -> Abilities:
        return await self._model.abilities()

    async def answer(
        self, messages: list[Message], output: type[T], schema: dict[str, Any], *, sample: int = 0, odds: bool = False
    ) -> Answer[T]:
        self._turn.give_back()
        try:
            return await self._model.answer(messages, output, schema, sample=sample, odds=odds)
        finally:
            await self._turn.take()

    async def close(self) -> None:
        await self._model.close()
