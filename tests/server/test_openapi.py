"""The API's description is true: what it allows is answered as it says, and nothing breaks the server."""

from contextlib import suppress

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

schemathesis = pytest.importorskip("schemathesis", reason="the dev extra is not installed")
pytest.importorskip("fastapi", reason="the server extra is not installed")
pytest.importorskip("dbos", reason="the server extra is not installed")
from schemathesis.specs.openapi import checks  # noqa: E402
from server_running import running  # noqa: E402
from unstarted_app import app_in, client_of  # noqa: E402

from server.api_keys import made  # noqa: E402

CHECKS = (
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
)
SETTINGS = settings(
    max_examples=15, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
ERRORS = {"400", "401", "403", "404", "409", "413", "422", "429"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("server")
    few = {"MENTALIS_SERVER_MEASURE_AT_ONCE": "1", "MENTALIS_TOOLS": "speech"}
    with running(data, MENTALIS_SERVER_REQUESTS_PER_MINUTE="100000", **few) as up:
        yield up


@pytest.fixture(scope="module")
def described(server):
    return httpx.get(f"{server.url}/openapi.json").json()


@pytest.fixture(scope="module")
def api(server):
    return schemathesis.openapi.from_url(f"{server.url}/openapi.json")


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_what_is_sent_by_the_description_or_against_it_is_answered_by_it(api, mode):
    """By it and against it: `mode` says which."""
    for operation in (found.ok() for found in api.get_all_operations()):
        answered(operation, mode)


def answered(operation, mode):
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(SETTINGS)
    def each(case):
        case.call_and_validate(checks=list(CHECKS))

    with suppress(Unsatisfiable):  # nothing could be sent against the description of what takes nothing
        each()


def test_nothing_of_that_broke_the_server(server):
    assert "Traceback" not in server.log()


def test_each_operation_tells_its_errors_in_one_shape(described):
    shape = {"$ref": "#/components/schemas/ErrorAnswer"}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            told = operation["responses"]
            assert set(told) >= ERRORS, f"{method} {path}"
            assert all(told[status]["content"]["application/json"]["schema"] == shape for status in ERRORS)
            assert operation.get("summary"), f"{method} {path}"


def test_bodies_of_json_are_described_with_an_example(described):
    bodies = {
        f"{method} {path}": operation["requestBody"]["content"]["application/json"]["schema"]
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert len(bodies) > 4
    for name, schema in bodies.items():
        named = schema.get("$ref", "").rpartition("/")[2]
        assert (described["components"]["schemas"][named] if named else schema).get("examples"), name


async def test_a_key_is_asked_for_where_the_description_says_so_and_nowhere_else(tmp_path):
    locked = app_in(tmp_path)
    made(locked.state.access.engine, "lab", ["read"], per_minute=60)
    reads = {path: said["get"] for path, said in locked.openapi()["paths"].items() if "get" in said}
    async with client_of(locked) as client:
        for path, operation in reads.items():
            if path == "/readyz":  # it asks the model's endpoint; here there is none
                continue
            wanted = operation.get("security", [{}])
            refused = (await client.get(path.replace("{", "").replace("}", ""))).status_code == 401
            assert refused == ({} not in wanted), path
