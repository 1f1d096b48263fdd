"""Samples of words alone work one at a time, and wait for the model all together."""

import asyncio
from dataclasses import replace

import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from agents.models.errors import ModelError
from evals.conditions import conditions
from evals.run import open_run
from evals.turns import turn


class Slow:
    """A model that answers when it is told to."""

    name = "slow"

    def __init__(self):
        self.asked, self.answers = 0, asyncio.Event()

    async def answer(self, messages, output, schema, *, sample=0, odds=False):
        self.asked += 1
        await self.answers.wait()
        if messages == ["fail"]:
            raise ModelError("gone")
        return messages


@pytest.fixture
def run(tmp_path):
    return replace(open_run(conditions({"data": str(tmp_path)}), "single"), model=Slow())


async def work(run, turns, told, name, questions):
    """A sample: some steps, its questions at once, and some more steps."""
    async with turn(run, turns) as mine:
        for _ in range(5):
            told.append(name)
            await asyncio.sleep(0)
        said = await asyncio.gather(*(mine.model.answer([q], None, {}) for q in questions), return_exceptions=True)
        for _ in range(5):
            told.append(name)
            await asyncio.sleep(0)
    return said


def in_one_piece(told, name):
    first = told.index(name)
    return told[first : first + 5] == [name] * 5


async def test_one_works_at_a_time_while_all_wait_for_the_model(run):
    turns, told = asyncio.Semaphore(1), []
    samples = [asyncio.create_task(work(run, turns, told, n, ["a", "b"])) for n in range(6)]
    while run.model.asked < 12:
        await asyncio.sleep(0)
    assert told == [n for n in range(6) for _ in range(5)], "each was prepared whole before the next was begun"
    told.clear()
    run.model.answers.set()
    await asyncio.gather(*samples)
    assert all(in_one_piece(told, n) for n in range(6)), "and checked whole when its answers came"


async def test_a_question_that_fails_leaves_one_turn_to_be_taken(run):
    turns, told = asyncio.Semaphore(1), []
    run.model.answers.set()
    (failed,) = await work(run, turns, told, "x", ["fail"])
    assert isinstance(failed, ModelError)
    assert turns._value == 1


async def test_a_sample_that_is_cancelled_while_it_waits_leaves_one_turn(run):
    turns = asyncio.Semaphore(1)
    waiting = asyncio.create_task(work(run, turns, [], "x", ["a"]))
    while not run.model.asked:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert turns._value == 1
    run.model.answers.set()
    assert await work(run, turns, [], "y", ["a"]) == [["a"]]


async def test_without_a_model_there_is_nothing_to_wait_for(run):
    async with turn(replace(run, model=None), asyncio.Semaphore(1)) as mine:
        assert mine.model is None
