"""The client of a model endpoint: it waits and tries again, asks for repair, keeps to its limits, and remembers."""

import asyncio
import json
import threading
import time
from email.utils import formatdate
from typing import Annotated

import pytest
from pydantic import BaseModel, Field
from scripted_endpoint import dripping_endpoint, replying, scripted_endpoint, serving

from agents.models import readiness
from agents.models.chat_model import ChatModel
from agents.models.errors import MediaRefused, ModelAnswerError, ModelError
from agents.models.response_cache import ResponseCache

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


@pytest.fixture
async def discreet():
    """Makes discreet clients."""
    opened = []

    def made(url, **options):
        opened.append(ChatModel("tiny", url, retries=0, **options).discreet())
        return opened[-1]

    yield made
    for model in opened:
        await model.close()


KEY = "sk-proj-0123456789"
TELLS = "upstream llm.internal (10.0.0.7) of {host} at http://bob:secret@{address}/v1 refused " + KEY


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_a_discreet_client_tells_the_log_alone_where_its_endpoint_is(status, discreet, caplog, tmp_path):
    with scripted_endpoint(lambda _: (status, TELLS.format(host="127.0.0.1", address="a"), "")) as endpoint:
        address = endpoint.url.removeprefix("http://")
        model = discreet(f"http://bob:secret@{address}", api_key=KEY).keeping(ResponseCache(tmp_path), 1)
        with pytest.raises(ModelError, match=f"^tiny at the model endpoint answered HTTP {status}(;.*)?$") as failed:
            await model.answer(QUESTION, Count, Count.model_json_schema())
    assert not [word for word in ("upstream", "10.0.0.7", "127.0.0.1", KEY) if word in str(failed.value)]
    assert failed.value.tokens.failed == 1
    assert caplog.messages == [f"{endpoint.url}: HTTP {status}"], (
        "and not the endpoint's words, which may quote a prompt"
    )


async def test_what_is_wrong_with_a_question_is_told_discreetly(discreet):
    told = "too many frames for {host}, http://bob:secret@{address}, " + KEY
    with scripted_endpoint(lambda _: (400, told.format(host="127.0.0.1", address=address), "")) as endpoint:
        address = endpoint.url.removeprefix("http://").removesuffix("/v1")
        model = discreet(f"http://bob:secret@{address}/v1", api_key=KEY)
        with pytest.raises(ModelError, match="HTTP 400: too many frames for the model endpoint") as failed:
            await model.answer(QUESTION, Count, Count.model_json_schema())
    assert not [word for word in (address, "127.0.0.1", "bob", "secret", KEY) if word in str(failed.value)]


async def test_a_discreet_client_without_a_models_name_does_not_say_where_it_asks_either():
    model = ChatModel("", "http://127.0.0.1:9/v1", retries=0).discreet()
    with pytest.raises(ModelError, match=r"^the model endpoint does not answer$"):
        await model.served()
    await model.close()


async def test_a_discreet_client_does_not_say_where_nobody_answers(discreet):
    with pytest.raises(ModelError, match=r"^tiny at the model endpoint does not answer$"):
        await discreet("http://127.0.0.1:9/v1").answer(QUESTION, Count, Count.model_json_schema())


@pytest.fixture
def asked_each_time(monkeypatch):
    monkeypatch.setattr(readiness, "ASK_EVERY_S", 0.0)


async def fails(model):
    with pytest.raises(ModelError):
        await model.answer(QUESTION, Count, Count.model_json_schema())


async def test_an_endpoint_that_lists_its_model_and_fails_all_calls_is_in_trouble_until_it_answers(
    discreet, asked_each_time, tmp_path
):
    answers = [(503, TELLS, "")]
    with scripted_endpoint(lambda _: answers[-1], served={"tiny": 1000}) as endpoint:
        model = discreet(endpoint.url)
        assert await model.trouble() is None, "nothing was asked yet"
        await fails(model.keeping(ResponseCache(tmp_path), 1))
        assert await model.trouble() == "the model endpoint answers HTTP 503"
        answers.append(GOOD)
        assert await model.trouble() is None
        asked = len(endpoint.asked)
        assert await model.trouble() is None
        assert len(endpoint.asked) == asked, "an endpoint that answers is not asked"


async def test_however_often_it_is_looked_at_an_endpoint_is_asked_once_in_a_while(discreet):
    with scripted_endpoint(lambda _: (503, "", ""), served={"tiny": 1000}) as endpoint:
        model = discreet(endpoint.url)
        await fails(model)
        asked = len(endpoint.asked)
        told = await asyncio.gather(*(model.trouble() for _ in range(5)))
    assert told == ["the model endpoint answers HTTP 503"] * 5
    assert len(endpoint.asked) == asked + 1


async def test_an_endpoint_that_hangs_keeps_nobody_waiting_who_looks_at_it(discreet, monkeypatch):
    monkeypatch.setattr(readiness, "WAIT_S", 0.1)
    with dripping_endpoint() as url:
        model = discreet(url, timeout_s=60.0)
        monkeypatch.setattr(model, "_models", lambda: model._send(QUESTION, {}))
        assert await model.trouble() == "the model endpoint does not answer"


async def test_an_endpoint_that_refuses_the_question_it_is_looked_at_with_is_there(discreet, asked_each_time):
    answers = [(503, "", "")]
    with scripted_endpoint(lambda _: answers[-1], served={"tiny": 1000}) as endpoint:
        model = discreet(endpoint.url)
        await fails(model)
        answers.append((400, "max_tokens is too small", ""))
        assert await model.trouble() is None


async def test_a_question_that_is_refused_is_no_trouble_of_the_endpoint(discreet, asked_each_time):
    with scripted_endpoint(lambda _: (400, "no", ""), served={"tiny": 1000}) as endpoint:
        model = discreet(endpoint.url)
        await fails(model)
        assert await model.trouble() is None
        assert len(endpoint.asked) == 1


async def test_a_question_that_is_put_again_without_its_video_is_not_counted_as_failed():
    video = {"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}
    with scripted_endpoint(lambda _: (400, "this model takes no video", "")) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        with pytest.raises(MediaRefused) as refused:
            await model.answer([{"role": "user", "content": [video]}], Count, Count.model_json_schema())
        await model.close()
    assert refused.value.tokens.failed == 0


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


async def test_a_wrong_key_is_said_and_not_tried_again():
    with scripted_endpoint(in_turn((401, "Incorrect API key provided.", ""))) as endpoint:
        with pytest.raises(ModelError, match=r"HTTP 401: Incorrect API key provided"):
            await asked(endpoint.url, retries=3)
        assert len(endpoint.asked) == 1


async def test_too_many_calls_are_waited_out_as_long_as_the_endpoint_asks():
    waited = []
    with scripted_endpoint(in_turn((429, "slow down", ""), GOOD), headers={"Retry-After": "7"}) as endpoint:
        assert (await asked(endpoint.url, waited)).content.number == 7
    assert waited == [7.0]


@pytest.mark.parametrize(("from_now_s", "least", "most"), [(10, 7, 10), (-60, 0, 0), (3600, 20, 20)])
async def test_an_endpoint_may_say_until_when_to_wait(from_now_s, least, most):
    waited = []
    until = {"Retry-After": formatdate(time.time() + from_now_s, usegmt=True)}
    with scripted_endpoint(in_turn((503, "busy", ""), GOOD), headers=until) as endpoint:
        await asked(endpoint.url, waited)
    assert least <= waited[0] <= most


async def test_a_wait_that_can_not_be_read_is_our_own():
    waited = []
    with scripted_endpoint(in_turn((503, "busy", ""), GOOD), headers={"Retry-After": "soon"}) as endpoint:
        await asked(endpoint.url, waited)
    assert 0.25 <= waited[0] <= 0.75


async def test_an_endless_wait_is_cut_short():
    waited = []
    with scripted_endpoint(
        in_turn((429, "come back tomorrow", ""), GOOD), headers={"Retry-After": "86400"}
    ) as endpoint:
        await asked(endpoint.url, waited)
    assert waited == [20.0]


async def test_an_answer_that_drips_for_ever_is_given_up():
    with dripping_endpoint() as url, pytest.raises(ModelError, match=r"did not answer within 0\.5 s"):
        await asked(url, timeout_s=0.5, retries=0)


async def test_valid_json_of_another_shape_is_no_answer():
    another = scripted_endpoint(in_turn((200, '{"verdict": "yes"}', "stop")))
    with another as endpoint, pytest.raises(ModelAnswerError, match="number: Field required"):
        await asked(endpoint.url)


async def test_what_xgrammar_lets_through_is_read(tmp_path):
    """Raw control characters stand in its strings (mlc-ai/xgrammar#800); the finish reason says nothing."""

    class Said(BaseModel):
        text: Annotated[str, Field(max_length=40)]

    schema = {"type": "object", "properties": {"text": {"type": "string", "pattern": "^[a-z]{1,40}$"}}}
    with scripted_endpoint(in_turn((200, '{"text": "a\nb\tc"}', "stop"))) as endpoint:
        model = ChatModel("tiny", endpoint.url)
        answer = await model.answer(QUESTION, Said, schema)
        await model.close()
    assert answer.content.text == "a\nb\tc"


async def test_numbers_without_end_are_cut_off_and_asked_for_again():
    with scripted_endpoint(in_turn((200, '{"number": ' + "9" * 400, "length"), GOOD)) as endpoint:
        assert (await asked(endpoint.url)).content.number == 7
        assert endpoint.asked[0]["max_tokens"] < 50, "there is room for the longest answer that keeps the schema"


async def test_who_is_silent_is_not_waited_for_again_and_again():
    """Waiting costs minutes: the first question is asked twice, each after it once, until an answer comes."""
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    with dripping_endpoint() as url:
        model = ChatModel("tiny", url, timeout_s=0.2, retries=3, sleep=sleep)
        for _ in range(3):
            with pytest.raises(ModelError, match="did not answer"):
                await model.answer(QUESTION, Count, Count.model_json_schema())
        await model.close()
    assert len(waited) == 1


async def test_a_limit_of_pictures_is_told_with_the_refusal():
    picture = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AAAA"}}
    question = [{"role": "user", "content": [picture, picture]}]
    told = "At most 1 image(s) may be provided in one prompt."
    with scripted_endpoint(in_turn((400, told, ""))) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        with pytest.raises(MediaRefused) as refused:
            await model.answer(question, Count, Count.model_json_schema())
        await model.close()
    assert (refused.value.medium, refused.value.at_most) == ("image", 1)


async def test_an_answer_without_what_is_not_needed_is_taken():
    body = {"choices": [{"message": {"content": json.dumps({"number": 7})}}]}
    with serving(replying(json.dumps(body).encode(), "application/json")) as url:
        assert (await asked(url)).content.number == 7


async def looked_for(url):
    model = ChatModel("tiny", url, retries=0)
    try:
        await model.check()
    finally:
        await model.close()


async def test_a_model_that_is_listed_is_there_and_asked_nothing():
    with scripted_endpoint(in_turn((500, "", "")), {"tiny": 8192}) as endpoint:
        await looked_for(endpoint.url)
        assert endpoint.asked == []


async def test_a_model_that_is_not_listed_may_answer_all_the_same():
    with scripted_endpoint(in_turn(GOOD), {"tiny:latest": 8192}) as endpoint:
        await looked_for(endpoint.url)
        (request,) = endpoint.asked
    assert request["max_tokens"] == 1


async def test_a_model_that_is_not_served_is_known_at_once():
    nowhere = scripted_endpoint(in_turn((404, "no such model", "")), {"other": 8192})
    with nowhere as endpoint, pytest.raises(ModelError, match="it serves: other"):
        await looked_for(endpoint.url)


async def test_an_endpoint_that_is_away_is_known_at_once():
    with pytest.raises(ModelError, match="no model endpoint answers at"):
        await looked_for("http://127.0.0.1:9/v1")


@pytest.mark.parametrize("served", [None, {"other": 8192}])
async def test_a_key_that_is_refused_is_known_at_once_with_the_setting_that_holds_it(served):
    refusing = scripted_endpoint(in_turn((401, "Unauthorized", "")), served)
    with refusing as endpoint, pytest.raises(ModelError, match=r"HTTP 401.*MENTALIS_API_KEY"):
        await looked_for(endpoint.url)


async def test_an_endpoint_without_a_list_that_does_not_know_the_model_is_known_at_once():
    with scripted_endpoint(in_turn((404, "", "")), None) as endpoint, pytest.raises(ModelError, match="HTTP 404"):
        await looked_for(endpoint.url)


async def test_whether_other_troubles_last_is_for_the_first_question_to_say():
    with scripted_endpoint(in_turn((500, "", "")), {"other": 8192}) as endpoint:
        await looked_for(endpoint.url)
