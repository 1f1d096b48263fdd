"""The client of a model endpoint: it waits and tries again, asks for repair, keeps to its limits, and remembers."""

import asyncio
import json
import threading
import time
from typing import Annotated

import pytest
from pydantic import BaseModel, Field
from scripted_endpoint import scripted_endpoint

from agents.chat_model import ChatModel
from agents.errors import ModelAnswerError, ModelError
from agents.response_cache import ResponseCache

QUESTION = [{"role": "user", "content": [{"type": "text", "text": "How many?"}]}]
GOOD = (200, json.dumps({"number": 7}), "stop")


class Count(BaseModel):
    number: Annotated[int, Field(ge=0, le=99)]


async def asked(url, waited=None, **options):
    async def sleep(seconds):
        (waited if waited is not None else []).append(seconds)

    model = ChatModel("tiny", url, sleep=sleep, **options)
    try:
        return await model.answer(QUESTION, Count, Count.model_json_schema())
    finally:
        await model.close()


def in_turn(*answers):
    """An endpoint that gives each of these answers once, and then the last for ever."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


async def test_a_passing_failure_is_waited_out_longer_each_time():
    waited = []
    with scripted_endpoint(in_turn((500, "", ""), (503, "", ""), GOOD)) as endpoint:
        answer = await asked(endpoint.url, waited, retries=3)
    assert answer.content == Count(number=7)
    assert len(waited) == 2
    assert 0.25 <= waited[0] <= 0.75
    assert 0.5 <= waited[1] <= 1.5


async def test_a_failure_that_lasts_is_given_up_with_one_line():
    with scripted_endpoint(in_turn((500, "", ""))) as endpoint:
        with pytest.raises(ModelError, match=r"HTTP 500 \(3 tries\)"):
            await asked(endpoint.url, retries=2)
        assert len(endpoint.asked) == 3


async def test_a_refusal_is_not_tried_again():
    with scripted_endpoint(in_turn((400, "", ""))) as endpoint:
        with pytest.raises(ModelError, match="scripted failure"):
            await asked(endpoint.url, retries=3)
        assert len(endpoint.asked) == 1


async def test_an_invalid_answer_is_asked_for_again_with_what_was_wrong():
    with scripted_endpoint(in_turn((200, '{"number": "many"}', "stop"), GOOD)) as endpoint:
        answer = await asked(endpoint.url)
    assert answer.content.number == 7
    assert answer.tokens.calls == 2
    first, second = endpoint.asked
    assert second["messages"][0]["content"][:-1] == first["messages"][0]["content"], "the prefix stays as it was"
    assert "number" in second["messages"][0]["content"][-1]["text"]
    assert first["temperature"] == 0
    assert second["temperature"] > 0, "at temperature 0 the same words would come again"


@pytest.mark.parametrize("reason", ["stop", "length"])
async def test_answers_that_never_are_valid_are_given_up_and_counted(reason):
    with scripted_endpoint(in_turn((200, '{"number": 7777', reason))) as endpoint:
        with pytest.raises(ModelAnswerError) as given_up:
            await asked(endpoint.url)
        assert given_up.value.tokens.calls == len(endpoint.asked) == 3


async def test_no_more_calls_than_allowed_run_at_a_time():
    running, most, lock = 0, 0, threading.Lock()

    def answer(request):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return GOOD

    with scripted_endpoint(answer) as endpoint:
        model = ChatModel("tiny", endpoint.url, concurrency=3)
        await asyncio.gather(*(model.answer(QUESTION, Count, Count.model_json_schema()) for _ in range(12)))
        await model.close()
    assert most == 3


async def test_the_same_question_is_asked_once(tmp_path):
    with scripted_endpoint(in_turn(GOOD)) as endpoint:
        first = await asked(endpoint.url, cache=ResponseCache(tmp_path))
        second = await asked(endpoint.url, cache=ResponseCache(tmp_path))
        other = await asked(endpoint.url, cache=ResponseCache(tmp_path), seed=1)
    assert first.content == second.content == other.content
    assert second.tokens.calls == 0
    assert second.tokens.calls_from_cache == 1
    assert len(endpoint.asked) == 2


async def test_an_endpoint_that_is_not_there_is_one_line():
    with pytest.raises(ModelError, match=r"no model endpoint answers at http://127\.0\.0\.1:9/v1"):
        await asked("http://127.0.0.1:9/v1", retries=0)
