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
    """Wait for a turn; in the run that is given, whoever waits for the model lets the next one work."""
    async with turns:
        yield run if run.model is None else replace(run, model=_Waiting(run.model, turns))


class _Waiting:
    """A sample's model: the turn is given back while none of the sample's questions is answered."""

    def __init__(self, model: Model, turns: asyncio.Semaphore) -> None:
        self.name, self._model, self._turns, self._open = model.name, model, turns, 0

    async def abilities(self) -> Abilities:
        return await self._model.abilities()

    async def answer(
        self, messages: list[Message], output: type[T], schema: dict[str, Any], *, sample: int = 0, odds: bool = False
    ) -> Answer[T]:
        self._open += 1
        if self._open == 1:
            self._turns.release()
        try:
            return await self._model.answer(messages, output, schema, sample=sample, odds=odds)
        finally:
            self._open -= 1
            if not self._open:
                await self._turns.acquire()

    async def close(self) -> None:
        await self._model.close()
