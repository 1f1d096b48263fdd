"""Fetching a clip from a link that a client gives: off unless the operator lists hosts, and limited in every way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

import httpx

from server.addresses import Reach, check_url
from server.errors import ApiError
from server.outgoing import Resolve, client, resolved


@dataclass(frozen=True)
class FetchRules:
    """From where is fetched, and how much at most."""

    reach: Reach = field(default_factory=Reach)
    most_bytes: int = 512_000_000
    most_s: float = 120.0  # for all of it
    redirects: int = 3


async def fetched(url: str, rules: FetchRules, resolve: Resolve = resolved) -> AsyncIterator[bytes]:
    """What a link leads to, as it comes.

    Raises:
        ApiError: 400, it may not be fetched or can't be; 413, it is too long.
    """
    ends_at = asyncio.get_running_loop().time() + rules.most_s
    async with client(rules.reach, resolve) as http:
        with _told():
            async with asyncio.timeout_at(ends_at):
                answer = await _followed(http, url, rules)
        async with aclosing(answer):
            _check_head(answer, rules)
            chunks, written = answer.aiter_raw(), 0
            while True:
                with _told():
                    async with asyncio.timeout_at(ends_at):  # not around the yield: it would interrupt who reads
                        chunk = await anext(chunks, None)
                if chunk is None:
                    return
                written += len(chunk)
                if written > rules.most_bytes:
                    raise _too_long(rules)
                yield chunk


async def _followed(http: httpx.AsyncClient, url: str, rules: FetchRules) -> httpx.Response:
    """The answer at the end of the redirects, of which each is checked like the first URL."""
    asked = check_url(url, rules.reach)
    for _ in range(rules.redirects + 1):
        answer = await http.send(http.build_request("GET", asked), stream=True)
        if not answer.has_redirect_location:
            return answer
        await answer.aclose()
        secure = asked.scheme == "https"
        asked = check_url(asked.join(answer.headers["location"]), rules.reach)
        if secure and asked.scheme != "https":
            raise _refused("it leads from https to http; use a link that stays with https")
    raise _refused(f"it is redirected more than {rules.redirects} times; use the link at the end")


def _check_head(answer: httpx.Response, rules: FetchRules) -> None:
    if answer.status_code != 200:
        raise _refused(f"its server answers {answer.status_code}; use a link that can be opened without a login")
    if answer.headers.get("content-encoding", "identity").lower() != "identity":
        raise _refused("its server packs it (Content-Encoding); use a link to the file as it is")
    length = answer.headers.get("content-length", "")
    if length.isdecimal() and int(length) > rules.most_bytes:
        raise _too_long(rules)


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong on the way; where a name leads and what listens there is nobody's to know."""
    try:
        yield
    except TimeoutError:
        raise _refused("it takes too long; use a faster server or send the clip itself") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise _refused("its server can't be reached or breaks off; check the link or send the clip itself") from None


def _refused(message: str) -> ApiError:
    return ApiError(400, f"the link can't be fetched: {message}", "fetch_refused")


def _too_long(rules: FetchRules) -> ApiError:
    return ApiError(413, f"the link is longer than {rules.most_bytes / 1e6:g} MB; use a smaller clip", "too_large")
