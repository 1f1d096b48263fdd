"""What is answered is described field by field: an answer that lacks one is none of those described."""

import json

import httpx
import pytest

pytest.importorskip("jsonschema", reason="the dev extra is not installed")
pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
import jsonschema
from conftest import write_clip
from server_running import running

QUESTION = {"question": "Is there a voice?"}
WITH_DEFAULTS = ("ChatAnswer", "Codebook")  # of the product, not of the server: some of their fields may be left out


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    data = tmp_path_factory.mktemp("server")
    with running(data, MENTALIS_TOOLS="speech") as up, httpx.Client(base_url=up.url, timeout=120) as opened:
        yield opened


@pytest.fixture(scope="module")
def described(client):
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def answers(client, tmp_path_factory):
    """Of each operation that answers in JSON, by its name in the description; and what was sent where it is not it."""
    clip = write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=12)
    told = {"POST /v1/files": client.post("/v1/files", content=clip.read_bytes()).json()}
    file = told["POST /v1/files"]["id"]
    parts = [{"type": "video_url", "video_url": {"url": file}}, {"type": "text", "text": QUESTION["question"]}]
    asked = {"messages": [{"role": "user", "content": parts}]}
    told["POST /v1/chat/completions"] = client.post("/v1/chat/completions", json=asked).json()
    analysis = told["POST /v1/chat/completions"]["mentalis"]["analysis"]
    at = f"/v1/analyses/{analysis}"
    report = client.get(at).json()["report"]
    claim = {"claim": report["claims"][0]["id"], "verdict": "accept"}
    told |= {
        name: client.get(name.removeprefix("GET ").replace("/{name}", f"/{analysis}").replace("{file}", file)).json()
        for name in (
            "GET /healthz", "GET /readyz", "GET /v1/about", "GET /v1/session", "GET /v1/files", "GET /v1/files/{file}",
            "GET /v1/analyses", "GET /v1/analyses/{name}", "GET /v1/analyses/{name}/tracks", "GET /v1/tools",
            "GET /v1/analyses/{name}/corrections", "GET /v1/models", "GET /v1/codebooks",
        )
    }  # fmt: skip
    told["GET /v1/models/{name}"] = client.get("/v1/models/mentalis").json()
    told["GET /v1/codebooks/{name}"] = client.get("/v1/codebooks/basic").json()
    told["POST /v1/codebooks"] = client.post("/v1/codebooks", content=b"id: mine\nname: Mine\nsource: a test\n").json()
    told["POST /v1/analyses"] = client.post("/v1/analyses", json={"file": file}).json()
    told["POST /v1/analyses/{name}/cancel"] = client.post(f"{at}/cancel").json()
    told["POST /v1/analyses/{name}/chat"] = client.post(f"{at}/chat", json=QUESTION).json()
    told["POST /v1/analyses/{name}/corrections"] = client.post(f"{at}/corrections", json=claim).json()
    path = f"{at}/corrections/{claim['claim']}"
    told["DELETE /v1/analyses/{name}/corrections/{claim}"] = client.delete(path).json()
    told["DELETE /v1/files/{file}"] = client.delete(f"/v1/files/{file}").json()
    return told


def json_answers(described):
    """Name of each operation that answers in JSON, with that part of its description."""
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            for status, told in operation["responses"].items():
                content = told.get("content", {}).get("application/json")
                if status < "400" and content is not None and "export" not in path:
                    yield f"{method.upper()} {path}", content


def checked_by(schema, described):
    return jsonschema.Draft202012Validator({**schema, "components": described["components"]})


def named(schema, described):
    """The name and the content of what a schema refers to."""
    name = schema["$ref"].rpartition("/")[2]
    return name, described["components"]["schemas"][name]


def test_each_answer_is_described_field_by_field_with_an_example_that_is_one(described):
    seen = dict(json_answers(described))
    assert len(seen) > 22
    for operation, content in seen.items():
        name, schema = named(content["schema"], described)
        assert schema["properties"], operation
        if name not in WITH_DEFAULTS:
            assert sorted(schema["required"]) == sorted(schema["properties"]), operation
            assert schema["additionalProperties"] is False, operation
        example = content.get("example", schema.get("examples", [None])[0])
        checked_by(content["schema"], described).validate(example)


def test_an_answer_is_as_described_and_is_not_without_any_of_its_fields(described, answers):
    operations = dict(json_answers(described))
    assert set(operations) - set(answers) == {"POST /v1/session"}
    for operation, answer in answers.items():
        content = operations[operation]
        check, (_, schema) = checked_by(content["schema"], described), named(content["schema"], described)
        check.validate(answer)
        for field in schema["required"]:
            rest = {name: value for name, value in answer.items() if name != field}
            assert not check.is_valid(rest), f"{operation} without {field}"


def test_what_is_in_a_list_or_within_an_answer_is_described_as_well(described, answers):
    operations = dict(json_answers(described))
    for operation in ("GET /v1/files", "GET /v1/analyses", "GET /v1/tools", "GET /v1/codebooks", "GET /v1/models"):
        check = checked_by(operations[operation]["schema"], described)
        for field in answers[operation]["data"][0]:
            answer = json.loads(json.dumps(answers[operation]))
            del answer["data"][0][field]
            assert not check.is_valid(answer), f"{operation} without {field} of one"
    for path in (("checks", "disk"), ("choices", 0, "message"), ("usage", "total_tokens"), ("report", "claims")):
        had = 0
        for operation, answer in answers.items():
            within = json.loads(json.dumps(answer))
            if (part := within.get(path[0])) is None:
                continue
            had += 1
            for key in path[1:-1]:
                part = part[key]
            del part[path[-1]]
            assert not checked_by(operations[operation]["schema"], described).is_valid(within), f"{operation} {path}"
        assert had, path


def test_what_is_no_json_is_described_by_its_kind(described):
    def kinds(path):
        return set(described["paths"][path]["get"]["responses"]["200"]["content"])

    assert kinds("/v1/analyses/{name}/events") == {"text/event-stream"}
    assert kinds("/metrics") == {"text/plain"}
    assert {"application/json", "text/csv", "text/vtt", "application/vnd.apache.parquet"} <= kinds(
        "/v1/analyses/{name}/export"
    )
    assert {"video/mp4", "application/octet-stream"} <= kinds("/v1/files/{file}/content")
    chat = described["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"]
    assert set(chat) == {"application/json", "text/event-stream"}
