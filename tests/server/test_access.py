"""Who may do what: by key, by session, or from this machine while no key was made; and no other site's page."""

from typing import Annotated

import httpx
import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from fastapi import Depends, FastAPI

from perception.errors import MentalisError
from server import health, sessions
from server.access import COOKIE, LOCAL, Access, Caller, caller
from server.api_keys import made, renewed, revoked
from server.database import open_database
from server.errors import add_error_handlers
from server.figures import Figures

ELSEWHERE = {"Origin": "https://evil.example"}
OWN = {"Origin": "http://127.0.0.1:8080"}


@pytest.fixture
def engine(tmp_path):
    opened = open_database(f"sqlite:///{tmp_path / 'server.sqlite'}")
    yield opened
    opened.dispose()


def app_of(engine, loopback):
    app = FastAPI()
    app.state.access = Access(engine, loopback=loopback, per_minute=100)
    add_error_handlers(app)
    app.include_router(sessions.routes())
    for scope in ("read", "write", "admin"):

        def tell(who: Annotated[Caller, Depends(caller(scope))]) -> dict[str, str]:
            return {"owner": who.owner}

        app.get(f"/{scope}")(tell)
        app.post(f"/{scope}")(tell)
    return app


def client_of(engine, loopback=False):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app_of(engine, loopback)), base_url="http://127.0.0.1:8080")


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


async def test_a_key_opens_what_its_scope_allows_and_owns_it(engine):
    text, key = made(engine, "lab", ["write"], per_minute=60)
    async with client_of(engine) as client:
        for headers in (bearer(text), {"X-API-Key": text}):
            assert (await client.get("/read", headers=headers)).json() == {"owner": key.id}
            assert (await client.post("/write", headers=headers)).status_code == 200
        refused = await client.get("/admin", headers=bearer(text))
    assert refused.status_code == 403
    assert "needs the scope admin" in refused.json()["error"]["message"]
    assert 'scope="admin"' in refused.headers["www-authenticate"]


async def test_a_key_that_shares_what_another_has_acts_for_its_owner_at_its_own_pace(engine):
    _, lab = made(engine, "lab", ["write"], per_minute=60)
    viewer, _ = made(engine, "viewer", ["read"], per_minute=1, of="lab")
    guest, _ = made(engine, "guest", ["read"], per_minute=60, of="viewer")
    async with client_of(engine) as client:
        assert (await client.get("/read", headers=bearer(viewer))).json() == {"owner": lab.id}
        assert (await client.get("/read", headers=bearer(viewer))).status_code == 429
        assert (await client.get("/read", headers=bearer(guest))).json() == {"owner": lab.id}
        assert (await client.post("/write", headers=bearer(guest))).status_code == 403
    with pytest.raises(MentalisError, match="no key 'nobody'"):
        made(engine, "other", ["read"], per_minute=1, of="nobody")


async def test_the_figures_of_all_clients_are_for_who_oversees_them(engine, tmp_path):
    async def fine():
        return None

    app = app_of(engine, loopback=False)
    now = {"done": 3}
    app.include_router(health.routes(Figures(), engine, tmp_path, fine, lambda: now))
    reader, _ = made(engine, "lab", ["write"], per_minute=60)
    overseer, _ = made(engine, "ops", ["admin"], per_minute=60)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as client:
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/metrics", headers=bearer(reader))).status_code == 403
        assert 'status="done"} 3.0' in (await client.get("/metrics", headers=bearer(overseer))).text
        now = {"failed": 1}
        later = (await client.get("/metrics", headers=bearer(overseer))).text
        assert 'status="done"} 0.0' in later, "those that were deleted are counted no longer"
        assert 'status="failed"} 1.0' in later
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, bearer("mk_guessed"), {"X-API-Key": "mk_guessed"}, {"Authorization": "Basic bWs6bWs="}]
)
async def test_without_a_known_key_nothing_opens(engine, headers):
    made(engine, "lab", ["admin"], per_minute=60)
    async with client_of(engine) as client:
        refused = await client.get("/read", headers={**headers, "Cookie": f"{COOKIE}=guessed"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith('Bearer realm="mentalis"')
    assert refused.json()["error"]["code"] == "invalid_api_key"


async def test_a_revoked_key_opens_nothing(engine):
    text, _ = made(engine, "lab", ["admin"], per_minute=60)
    revoked(engine, "lab")
    async with client_of(engine, loopback=True) as client:
        assert (await client.get("/read", headers=bearer(text))).status_code == 401
        assert (await client.get("/read")).status_code == 401  # no longer open, though no key is left


async def test_on_loopback_no_key_is_needed_until_one_is_made(engine):
    async with client_of(engine, loopback=True) as client:
        assert (await client.post("/admin")).json() == {"owner": LOCAL}
        assert (await client.get("/read", headers=bearer("sk-anything"))).json() == {"owner": LOCAL}
        assert (await client.get("/v1/session")).json()["open"]
        made(engine, "lab", ["read"], per_minute=60)
        assert (await client.get("/read")).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_what_a_proxy_passes_on_needs_a_key(engine, header):
    async with client_of(engine, loopback=True) as client:
        assert (await client.get("/read", headers={header: "203.0.113.9"})).status_code == 401


async def test_too_many_requests_are_told_when_to_come_back(engine):
    text, _ = made(engine, "lab", ["read"], per_minute=2)
    async with client_of(engine) as client:
        answers = [await client.get("/read", headers=bearer(text)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30


async def test_a_session_stands_for_its_key(engine):
    text, key = made(engine, "lab", ["write"], per_minute=60)
    async with client_of(engine) as client:
        begun = await client.post("/v1/session", json={"key": text}, headers=OWN)
        assert begun.status_code == 201
        rules = begun.headers["set-cookie"].lower()
        assert "httponly" in rules
        assert "samesite=strict" in rules
        assert "secure" not in rules  # there is no TLS here, and the cookie would never come back
        assert text not in rules
        assert (await client.get("/read")).json() == {"owner": key.id}
        assert (await client.post("/write", headers=OWN)).status_code == 200
        assert (await client.get("/v1/session")).json()["name"] == "lab"
        kept = dict(client.cookies)
        assert (await client.delete("/v1/session", headers=OWN)).status_code == 204
        assert COOKIE not in client.cookies
        client.cookies.update(kept)
        assert (await client.get("/read")).status_code == 401


async def test_over_tls_the_cookie_goes_nowhere_else(engine):
    text, _ = made(engine, "lab", ["read"], per_minute=60)
    async with client_of(engine) as client:
        begun = await client.post("https://mentalis.example/v1/session", json={"key": text})
    assert "secure" in begun.headers["set-cookie"].lower()


@pytest.mark.parametrize("change", [revoked, renewed])
async def test_a_session_ends_with_its_key(engine, change):
    text, _ = made(engine, "lab", ["read"], per_minute=60)
    async with client_of(engine) as client:
        await client.post("/v1/session", json={"key": text})
        change(engine, "lab")
        assert (await client.get("/read")).status_code == 401


async def test_a_session_ends_with_its_time(engine, monkeypatch):
    text, _ = made(engine, "lab", ["read"], per_minute=60)
    monkeypatch.setattr("server.session_records.LASTS_S", -1)
    async with client_of(engine) as client:
        token = (await client.post("/v1/session", json={"key": text})).cookies[COOKIE]
        assert (await client.get("/read", headers={"Cookie": f"{COOKIE}={token}"})).status_code == 401


async def test_no_session_begins_with_an_unknown_key(engine):
    async with client_of(engine) as client:
        refused = await client.post("/v1/session", json={"key": "mk_guessed"})
    assert refused.status_code == 401
    assert "set-cookie" not in refused.headers


@pytest.mark.parametrize(
    "headers",
    [{}, ELSEWHERE, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9999"}, {"Origin": "http://127.0.0.1:8080.evil"}],
)
async def test_no_other_page_acts_by_a_session(engine, headers):
    text, _ = made(engine, "lab", ["write"], per_minute=60)
    async with client_of(engine) as client:
        await client.post("/v1/session", json={"key": text})
        assert (await client.post("/write", headers=headers)).status_code == 403
        assert (await client.post("/write", headers={**headers, **bearer(text)})).status_code == 200  # a key does


async def test_no_other_page_acts_on_an_open_server(engine):
    async with client_of(engine, loopback=True) as client:
        assert (await client.post("/write", headers=ELSEWHERE)).status_code == 403
        assert (await client.post("/write", headers=OWN)).status_code == 200
        assert (await client.post("/v1/session", json={"key": "mk_"}, headers=ELSEWHERE)).status_code == 403


async def test_the_ways_to_send_a_key_are_in_the_api_description(engine):
    async with client_of(engine) as client:
        schemes = (await client.get("/openapi.json")).json()["components"]["securitySchemes"]
    assert {(scheme["type"], scheme.get("in")) for scheme in schemes.values()} == {
        ("http", None), ("apiKey", "header"), ("apiKey", "cookie"),
    }  # fmt: skip
