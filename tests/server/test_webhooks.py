"""What has ended is told once to who can check that we told it, and to nobody inside."""

import asyncio
import hashlib
import hmac
import json
import time

import pytest

pytest.importorskip("fastapi", reason="the server extra is not installed")
from scripted_host import ALLOWED, FORBIDDEN, HERE, host, names, says

from server.addresses import Reach
from server.errors import ApiError
from server.webhooks import deliver, signature, verify

SECRET = b"shared with the receiver"
BODY = {"id": "an_1", "status": "done", "name": "Grüße.mp4"}


def reach(port):
    return Reach(("clips.example",), "webhook", ports=(port,), networks=ALLOWED)


async def told(there, tries=1, resolve=None):
    url = f"http://clips.example:{there.port}/hook"
    return await deliver(url, BODY, SECRET, reach(there.port), "an_1:done", tries, resolve=resolve or names(clips=HERE))


async def test_the_receiver_can_check_who_told_it_and_that_it_is_new():
    async with host(says(204, b"")) as there:
        assert await told(there) is None
        head, body = there.heads()[0], there.asked[0].partition(b"\r\n\r\n")[2]
    assert json.loads(body) == BODY
    assert head["mentalis-delivery"] == "an_1:done"
    assert head["content-type"] == "application/json"
    assert verify(body, head["mentalis-signature"], SECRET)
    assert not verify(body + b" ", head["mentalis-signature"], SECRET)


def test_the_signature_is_what_the_documentation_says():
    mac = hmac.new(SECRET, b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert signature(b'{"a": 1}', SECRET, 1_700_000_000) == f"t=1700000000,v1={mac}"


@pytest.mark.parametrize(("age_s", "taken"), [(0, True), (299, True), (301, False), (-301, False)])
def test_an_old_signature_is_not_taken(age_s, taken):
    at = int(time.time())
    assert verify(b"x", signature(b"x", SECRET, at), SECRET, tolerance_s=300, now=at + age_s) is taken


@pytest.mark.parametrize("header", ["", "t=,v1=", "t=x,v1=é", "v1=abc", "t=1", "t=-1,v1=a", "=,=", "t=" + "9" * 5000])
def test_what_is_no_signature_is_not_taken(header):
    assert not verify(b"x", header, SECRET, tolerance_s=float("inf"))


def test_of_two_signatures_one_may_be_of_the_secret_before():
    now, (old, new) = int(time.time()), (signature(b"x", secret, int(time.time())) for secret in (b"old", SECRET))
    assert verify(b"x", f"{old},{new.partition(',')[2]}", SECRET, now=now)
    assert not verify(b"x", old, SECRET, now=now)


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_it_is_told_again_until_it_is_taken_under_one_name(status):
    async def answer(path, writer):
        await says(status if len(there.asked) < 3 else 200)(path, writer)

    async with host(answer) as there:
        assert [await told(there, tries) for tries in (1, 2, 3)] == [2, 10, None]
        assert {head["mentalis-delivery"] for head in there.heads()} == {"an_1:done"}


async def test_tries_are_bounded():
    async with host(says(500)) as there:
        assert [await told(there, tries) for tries in (1, 2, 3, 4)] == [2, 10, 60, 300]
        with pytest.raises(ApiError, match=r"answers 500 \(tried 5 times\)"):
            await told(there, 5)
        assert len(there.asked) == 5
    assert await told(there, 4) == 300  # nobody listens there now
    with pytest.raises(ApiError, match="does not answer"):
        await told(there, 5)


@pytest.mark.parametrize(("asked", "waited"), [("30", 30), ("99999999", 600), ("soon", 2), ("-5", 2), ("²", 2)])
async def test_a_receiver_may_ask_for_time_within_bounds(asked, waited):
    async with host(says(429, retry_after=asked)) as there:
        assert await told(there) == waited


async def test_a_receiver_that_says_nothing_is_left(monkeypatch):
    async def silent(_, writer):
        await writer.drain()
        await asyncio.sleep(5)

    monkeypatch.setattr("server.webhooks.TRY_S", 0.2)
    async with host(silent) as there:
        with pytest.raises(ApiError, match="does not answer"):
            await told(there, 5)


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 410])
async def test_a_refusal_is_final_and_no_redirect_is_followed(status):
    async with host(says(status, location="/elsewhere")) as there:
        with pytest.raises(ApiError, match=f"answers {status}"):
            await told(there)
        assert len(there.asked) == 1


async def test_nothing_is_told_to_what_is_not_listed_or_not_public():
    async with host(says(), FORBIDDEN) as within:
        with pytest.raises(ApiError, match="not at a public address"):
            await told(within, resolve=names(clips=FORBIDDEN))
        with pytest.raises(ApiError, match="MENTALIS_SERVER_WEBHOOK_HOSTS"):
            await deliver("https://evil.example/", BODY, SECRET, reach(443), "an_1")
        with pytest.raises(ApiError, match="MENTALIS_SERVER_WEBHOOK_HOSTS"):
            await deliver("https://clips.example/", BODY, SECRET, Reach(purpose="webhook"), "an_1")
    assert not within.asked
