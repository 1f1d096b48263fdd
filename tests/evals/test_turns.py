"""Samples of words alone work one at a time, and wait for the model all together."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")

from inspect_ai import eval as inspect_eval

from agents.models.errors import ModelError
from evals.benchmark import Benchmark, Item, Outcome, Prediction
from evals.conditions import conditions
from evals.inspecting import as_task
from evals.metrics.classification import accuracy
from evals.run import open_run
from evals.turns import turn


class Slow:
    """A model that answers when it is told to."""

    name = "slow"

    def __init__(self):
        self.asked, self.answers, self.later = 0, asyncio.Event(), asyncio.Event()

    async def answer(self, messages, output, schema, *, sample=0, odds=False):
        self.asked += 1
        await (self.later if messages == ["slow"] else self.answers).wait()
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


async def one_at_a_time(run, turns):
    """Whether of two samples that are begun now the second waits for the first to ask."""
    run.model.answers.clear()
    begun, told = run.model.asked, []
    both = [asyncio.create_task(work(run, turns, told, n, ["a"])) for n in range(2)]
    while run.model.asked < begun + 2:
        await asyncio.sleep(0)
    run.model.answers.set()
    await asyncio.gather(*both)
    return told[:10] == [0] * 5 + [1] * 5


async def test_a_question_that_fails_leaves_one_turn_to_be_taken(run):
    turns = asyncio.Semaphore(1)
    run.model.answers.set()
    (failed,) = await work(run, turns, [], "x", ["fail"])
    assert isinstance(failed, ModelError)
    assert await one_at_a_time(run, turns)


async def test_a_sample_that_is_cancelled_leaves_one_turn_whoever_has_it(run):
    turns, rival = asyncio.Semaphore(1), asyncio.Event()

    async def busy():
        async with turn(run, turns):
            await rival.wait()

    waiting = asyncio.create_task(work(run, turns, [], "x", ["a"]))
    while not run.model.asked:
        await asyncio.sleep(0)
    working = asyncio.create_task(busy())
    await asyncio.sleep(0.01)
    run.model.answers.set()
    await asyncio.sleep(0.01)  # its answer has come, and it waits for the rival's turn to end
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    rival.set()
    await working
    assert await one_at_a_time(run, turns)


async def test_who_goes_on_while_another_question_is_open_has_the_turn(run):
    turns, going_on, rivals = asyncio.Semaphore(1), asyncio.Event(), []

    async def sample():
        async with turn(run, turns) as mine:
            slow = asyncio.create_task(mine.model.answer(["slow"], None, {}))
            while not run.model.asked:
                await asyncio.sleep(0)
            run.model.answers.set()
            await mine.model.answer(["a"], None, {})
            going_on.set()
            for _ in range(20):
                await asyncio.sleep(0)
                assert not rivals, "nobody else works meanwhile"
            run.model.later.set()
            await slow

    async def rival():
        await going_on.wait()
        async with turn(run, turns):
            rivals.append(1)

    await asyncio.gather(sample(), rival())
    assert rivals


async def test_without_a_model_there_is_nothing_to_wait_for(run):
    async with turn(replace(run, model=None), asyncio.Semaphore(1)) as mine:
        assert mine.model is None


@pytest.mark.parametrize("clip", [None, Path("clip.mp4")], ids=["words", "clips"])
def test_the_samples_of_a_run_take_turns_where_they_are_words_alone(clip, tmp_path):
    told = []

    async def solve(item, run):
        for _ in range(5):
            told.append(item.id)
            await asyncio.sleep(0.01)
        return Outcome(predictions=(Prediction(value="x"),))

    items = [Item(id=str(n), gold=("x",), group=str(n), clip=clip) for n in range(4)]
    of_these = Benchmark("toy", "", lambda _: items, solve, {"accuracy": accuracy}, ("single",), "", "")
    task = as_task(of_these, str(tmp_path), data=str(tmp_path / "kept"))
    (log,) = inspect_eval(task, model="none/none", log_dir=str(tmp_path / "logs"), max_samples=4, display="none")
    assert log.status == "success", log.error
    assert all(in_one_piece(told, str(n)) for n in range(4)) == (clip is None)
