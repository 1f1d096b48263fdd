"""What an endpoint can do is found out by asking it, once."""

import json
from typing import Annotated

import pytest
from pydantic import BaseModel, Field
from scripted_endpoint import replying, scripted_endpoint, serving
from typer.testing import CliRunner

from agents.models.abilities import Abilities
from agents.models.chat_model import ChatModel
from agents.models.errors import ContextOverflow, ModelError

SERVED = {"tiny": 16_384, "large": 131_072}
QUESTION = [{"role": "user", "content": [{"type": "text", "text": "How many?"}]}]


class Count(BaseModel):
    number: Annotated[int, Field(ge=0, le=99)]


def taking(*media, schema=True, logprobs=False):
    """An endpoint that takes some media and refuses the others."""

    def answer(request):
        content = request["messages"][0]["content"]
        asked = {part["type"] for part in content if isinstance(part, dict)} - {"text"}
        if asked - set(media):
            return 400, f"At most 0 {asked.pop()}(s) may be provided in one prompt.", ""
        if "response_format" in request and schema:
            return 200, json.dumps({"word": "yes"}), "stop"
        return 200, "no", "stop"

    return answer


async def of(endpoint, what, name="tiny"):
    model = ChatModel(name, endpoint.url, retries=0)
    try:
        return await getattr(model, what)()
    finally:
        await model.close()


async def test_each_medium_is_tried_and_the_context_told():
    with scripted_endpoint(taking("image_url", "video_url"), SERVED) as endpoint:
        able = await of(endpoint, "abilities")
    takes = {"images": True, "video": True, "audio": False, "schema_followed": True}
    assert able == Abilities(known=True, context_tokens=16_384, **takes)


async def test_an_endpoint_is_asked_once():
    with scripted_endpoint(taking("image_url"), SERVED) as endpoint:
        model = ChatModel("tiny", endpoint.url)
        assert await model.abilities() == await model.abilities()
        await model.close()
    assert len(endpoint.asked) == 7, "nothing, words, a picture, a video, a sound, a schema, probabilities"


async def test_an_endpoint_that_does_not_tell_its_models_still_takes_media():
    with scripted_endpoint(taking("image_url", "video_url", "input_audio")) as endpoint:
        able = await of(endpoint, "abilities")
    assert (able.images, able.video, able.audio, able.context_tokens) == (True, True, True, None)


async def test_an_endpoint_that_is_away_can_do_nothing_for_now(monkeypatch):
    answers = [(500, "", ""), (200, "ok", "stop")]
    with scripted_endpoint(lambda request: answers.pop(0) if len(answers) > 1 else answers[0], SERVED) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        assert await model.abilities() == Abilities(), "nothing is known"
        assert await model.abilities() == Abilities(), "nor asked again at once: who hangs would cost minutes each time"
        monkeypatch.setattr(model, "_ask_again_s", 0.0)
        assert (await model.abilities()).images
        await model.close()


async def test_a_hitch_while_an_endpoint_is_tried_out_is_waited_out():
    async def at_once(seconds):
        return None

    answers = [(429, "slow down", ""), (200, "ok", "stop")]
    with scripted_endpoint(lambda request: answers.pop(0) if len(answers) > 1 else answers[0], SERVED) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=1, sleep=at_once)
        able = await model.abilities()
        await model.close()
    assert (able.known, able.images) == (True, True)


@pytest.mark.parametrize("schema", [True, False])
async def test_a_schema_is_followed_or_not(schema):
    with scripted_endpoint(taking(schema=schema)) as endpoint:
        able = await of(endpoint, "abilities")
    assert (able.schema_followed, able.top_logprobs) == (schema, 0)


async def test_a_model_that_is_not_served_is_said_with_those_that_are():
    with scripted_endpoint(lambda request: (404, "The model `other` does not exist.", ""), SERVED) as endpoint:
        model = ChatModel("other", endpoint.url, retries=0)
        with pytest.raises(ModelError, match="it serves: tiny, large"):
            await model.answer(QUESTION, Count, Count.model_json_schema())
        await model.close()


async def test_too_much_for_the_context_is_an_error_of_its_own():
    told = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
    with scripted_endpoint(lambda request: (400, told, "")) as endpoint:
        model = ChatModel("tiny", endpoint.url, retries=0)
        with pytest.raises(ContextOverflow, match="8192 tokens"):
            await model.answer(QUESTION, Count, Count.model_json_schema())
        await model.close()


def checked(*arguments):
    from mentalis.cli import app

    return CliRunner().invoke(app, ["model", "check", *arguments])


def test_the_command_tells_what_an_endpoint_can_do():
    with scripted_endpoint(taking("image_url"), SERVED) as endpoint:
        result = checked("--base-url", endpoint.url)
    assert result.exit_code == 0, result.output
    rows = rows_of(result.output)
    assert rows["model"] == "tiny"
    assert rows["context"] == "16,384 tokens"
    assert rows["images"].startswith("yes, ")
    assert (rows["video"], rows["audio"], rows["keep to a schema"]) == ("no", "no", "yes")


def test_the_command_names_the_served_models_when_another_is_asked_for():
    with scripted_endpoint(lambda request: (404, "no such model", ""), SERVED) as endpoint:
        result = checked("--base-url", endpoint.url, "--model", "huge")
    assert isinstance(result.exception, ModelError)
    assert "it serves: tiny, large" in str(result.exception)


def test_the_command_takes_a_model_that_answers_though_the_endpoint_has_no_list():
    with scripted_endpoint(taking(), None) as endpoint:
        result = checked("--base-url", endpoint.url, "--model", "tiny")
    assert result.exit_code == 0, result.output
    assert rows_of(result.output)["all models"] == "not told"


def rows_of(output):
    columns = [[part.strip() for part in line.split("  ") if part.strip()] for line in output.splitlines()]
    return {row[0]: row[-1] for row in columns if len(row) == 2}


def test_one_ability_that_fails_leaves_the_others_known():
    takes = taking("image_url", "video_url")

    def answer(request):
        return (500, "", "") if "input_audio" in str(request["messages"]) else takes(request)

    with scripted_endpoint(answer, SERVED, headers={"Retry-After": "0"}) as endpoint:
        rows = rows_of(checked("--base-url", endpoint.url).output)
    assert rows["audio"] == "could not be found out: HTTP 500"
    assert rows["video"].startswith("yes, ")
    assert (rows["keep to a schema"], rows["context"]) == ("yes", "16,384 tokens")


async def test_what_is_too_large_is_refused_and_not_unknown():
    with scripted_endpoint(lambda r: (413 if "video_url" in str(r["messages"]) else 200, "ok", "stop")) as endpoint:
        able = await of(endpoint, "abilities")
    assert (able.video, able.images, able.unknown) == (False, True, {})


BODIES = {
    "broken JSON": (b"{not json", "application/json"),
    "no Unicode": (b"\xff\xfe", "application/json"),
    "a page": (b"<html>Please log in</html>", "text/html"),
    "no choices": (b'{"choices": []}', "application/json"),
    "no message": (b'{"choices": [{"index": 0, "finish_reason": "stop"}]}', "application/json"),
    "a list": (b"[]", "application/json"),
}


@pytest.mark.parametrize("kind", BODIES)
async def test_an_endpoint_that_answers_something_else_can_do_nothing_and_is_told(kind):
    with serving(replying(*BODIES[kind])) as url:
        model = ChatModel("tiny", url, retries=0)
        assert await model.abilities() == Abilities()
        with pytest.raises(ModelError, match=r"tiny at http.* sent something that is no chat completion$"):
            await model.answer(QUESTION, Count, Count.model_json_schema())
        await model.close()


@pytest.mark.parametrize("kind", BODIES)
def test_the_command_says_of_such_an_endpoint_that_it_is_none(kind):
    with serving(replying(*BODIES[kind])) as url:
        result = checked("--base-url", url)
    assert isinstance(result.exception, ModelError)
    assert str(result.exception).startswith("the endpoint at http://127.0.0.1")
    assert str(result.exception).endswith("sent something that is no list of models")


def test_the_command_tells_nothing_of_an_endpoint_that_does_not_chat():
    with serving(replying(*BODIES["no message"], served=b'{"object": "list", "data": [{"id": "tiny"}]}')) as url:
        result = checked("--base-url", url)
    assert isinstance(result.exception, ModelError)
    assert "tiny at http" in str(result.exception)
