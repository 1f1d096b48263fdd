"""Browsers run only what is ours, and another site's name for this machine opens nothing."""

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from server.security_headers import SecurityHeaders, names_of

LOCAL = names_of("127.0.0.1", ())


def asked(path="/", host="127.0.0.1:8080", kind="http"):
    return {"type": kind, "method": "GET", "path": path, "headers": [(b"host", host.encode())], "query_string": b""}


async def answered(scope, names=LOCAL, **given):
    """What is sent for a request, and whether it reached the app."""

    async def app(scope, receive, send):
        reached.append(scope["path"])
        headers = [(name.encode(), value.encode()) for name, value in given.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def send(message):
        sent.append(message)

    reached, sent = [], []
    await SecurityHeaders(app, names)(scope, None, send)
    headers = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    assert len(dict(headers)) == len(headers)  # none is there twice
    return sent[0]["status"], dict(headers), bool(reached)


async def test_a_page_runs_no_script_but_the_servers():
    _, headers, _ = await answered(asked())
    rules = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert rules["script-src"] == rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "blob:" in rules["media-src"]
    assert "data:" in rules["img-src"]


async def test_the_other_headers_are_there_and_none_opens_it_to_other_sites():
    _, headers, _ = await answered(asked())
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=(self)" in headers["permissions-policy"]
    assert not any(name.startswith("access-control-") for name in headers)


async def test_an_answers_own_policy_stays():
    _, headers, _ = await answered(asked(), **{"content-security-policy": "sandbox"})
    assert headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "localhost:8080", "LOCALHOST", "localhost.:80", "[::1]", "[::1]:8080"]
)
async def test_this_machines_names_are_answered(host):
    assert (await answered(asked(host=host)))[0] == 200


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "localhost@evil", "", "[", "[::2]", "0.0.0.0"],
)
async def test_on_loopback_no_other_name_is_answered(host, kind):
    status, _, reached = await answered(asked(host=host, kind=kind))
    assert (status, reached) == (421, False)


async def test_no_host_at_all_is_refused():
    assert (await answered({**asked(), "headers": []}))[0] == 421


async def test_a_name_that_is_set_is_answered():
    names = names_of("127.0.0.1", ["Mentalis.example"])
    assert (await answered(asked(host="mentalis.example"), names))[0] == 200
    assert (await answered(asked(host="localhost"), names))[0] == 200
    assert (await answered(asked(host="evil.example"), names))[0] == 421


async def test_elsewhere_any_name_is_answered_unless_names_are_set():
    assert (await answered(asked(host="any.example"), names_of("0.0.0.0", [])))[0] == 200
    assert (await answered(asked(host="any.example"), names_of("0.0.0.0", ["mentalis.example"])))[0] == 421


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_probe_asks_by_address(path):
    probe = {**asked(host="10.0.0.7:8080"), "path": path}
    assert (await answered(probe, names_of("0.0.0.0", ["mentalis.example"])))[0] == 200


async def test_a_stream_passes_as_it_comes():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for n in range(3):
            order.append(f"app {n}")
            await send({"type": "http.response.body", "body": b"x", "more_body": n < 2})

    async def send(message):
        order.append(message["type"].removeprefix("http.response."))

    order = []
    await SecurityHeaders(app, LOCAL)(asked(), None, send)
    assert order == ["start", "app 0", "body", "app 1", "body", "app 2", "body"]


async def test_the_servers_life_is_no_request():
    async def app(scope, receive, send):
        seen.append(scope["type"])

    seen = []
    await SecurityHeaders(app, LOCAL)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]
