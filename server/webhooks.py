"""Webhooks: an analysis that has ended is told to its client's server, signed, until that takes it."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any

import httpx

from server.addresses import Reach, check_url
from server.errors import ApiError
from server.outgoing import Resolve, client, resolved

SIGNATURE, DELIVERY = "Mentalis-Signature", "Mentalis-Delivery"
WAITS_S = (2.0, 10.0, 60.0, 300.0)  # between one try and the next
LONGEST_WAIT_S = 600.0  # that a receiver may ask for
TRY_S = 15.0  # for which a receiver may think
AGAIN = (408, 425, 429)  # statuses besides 5xx after which a later try may succeed


async def deliver(
    url: str,
    body: dict[str, Any],
    secret: bytes,
    reach: Reach,
    delivery: str,
    tries: int = 1,
    *,
    resolve: Resolve = resolved,
) -> float | None:
    """Post a body once; the seconds after which to try again, none once it is taken. Whoever calls waits, or not.

    Args:
        url: of the receiver; the same checks as for fetching, against a list of hosts of its own.
        body: what is told, as JSON.
        secret: which the receiver has as well.
        reach: the hosts that may be told.
        delivery: names what is told, the same in each try and after a restart: the receiver takes it once.
        tries: how many were made with this one.
        resolve: looks names up.

    Raises:
        ApiError: 400, it may not be sent there; 502, it was not taken, and is not to be sent again.
    """
    check_url(url, reach)
    sent = json.dumps(body, ensure_ascii=False).encode()
    async with client(reach, resolve) as http:
        status, asked_s = await _tried(http, url, sent, secret, delivery)
    if status is not None and 200 <= status < 300:
        return None
    lasting = status is not None and status < 500 and status not in AGAIN
    if tries <= len(WAITS_S) and not lasting:
        return max(WAITS_S[tries - 1], min(asked_s, LONGEST_WAIT_S))
    answer = f"answers {status}" if status else "does not answer"
    raise ApiError(502, f"the webhook's receiver {answer} (tried {tries} times); it must answer 2xx", "webhook_failed")


def signature(body: bytes, secret: bytes, at: int) -> str:
    """The header's value for a body that is sent at a time (unix seconds)."""
    return f"t={at},v1={_mac(body, secret, str(at))}"


def verify(body: bytes, header: str, secret: bytes, tolerance_s: float = 300, now: float | None = None) -> bool:
    """For receivers: whether a body, as it came, was signed with the secret not long ago.

    Args:
        body: the bytes of the request, before they are read as JSON.
        header: `Mentalis-Signature`.
        secret: the server's MENTALIS_SERVER_WEBHOOK_SECRET.
        tolerance_s: how old it may be; what is older may be sent again by someone who overheard it.
        now: unix seconds; none: this moment.
    """
    parts = [part.strip().partition("=")[::2] for part in header.split(",")]
    at = next((value for name, value in parts if name == "t"), "")
    if not (at.isascii() and at.isdecimal() and len(at) < 16):
        return False
    recent = abs((time.time() if now is None else now) - int(at)) <= tolerance_s
    right = _mac(body, secret, at).encode()
    return recent and any(name == "v1" and hmac.compare_digest(value.encode(), right) for name, value in parts)


async def _tried(
    http: httpx.AsyncClient, url: str, body: bytes, secret: bytes, delivery: str
) -> tuple[int | None, float]:
    """Post once: the answer's status, none without one, and how long it asks to wait. Its body is not read."""
    headers = {
        "Content-Type": "application/json",
        DELIVERY: delivery,
        SIGNATURE: signature(body, secret, int(time.time())),
    }
    try:
        async with asyncio.timeout(TRY_S), http.stream("POST", url, content=body, headers=headers) as answer:
            asked = answer.headers.get("retry-after", "")
            return answer.status_code, float(asked) if asked.isascii() and asked.isdecimal() else 0.0
    except (TimeoutError, httpx.TransportError):
        return None, 0.0


def _mac(body: bytes, secret: bytes, at: str) -> str:
    return hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
