"""A call of an endpoint that failed: whether it may pass, how long to wait, and what of it may be told."""

import random
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit, urlunsplit

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0  # between tries of a call that failed on the way
TRY_AGAIN = (408, 409, 429, 500, 502, 503, 504)
ABOUT_QUESTION = (400, 413, 422)  # HTTP: what was asked is wrong, and the endpoint's words say what
UNNAMED = "the model endpoint"


def passing(error: Exception) -> bool:
    """Whether the same call may succeed a little later."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return error.status_code in TRY_AGAIN
    return unreached(error)


def status(error: Exception) -> int | None:
    """The HTTP status with which an endpoint refused, if it did."""
    return getattr(error, "status_code", None)


def unreached(error: Exception) -> bool:
    """Whether the endpoint was not heard at all."""
    import openai

    return isinstance(error, TimeoutError | openai.APIConnectionError)


def said(error: Exception) -> str:
    """The endpoint's own words about an error."""
    body = getattr(error, "body", None)
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def silent(error: Exception) -> bool:
    """Whether no answer came at all: waiting longer costs much and helps little."""
    import openai

    return isinstance(error, TimeoutError | openai.APITimeoutError)


def wait_s(error: Exception, failures: int) -> float:
    """Twice as long each time, with jitter; what a Retry-After header asks for, up to a limit."""
    response = getattr(error, "response", None)
    asked_s = _asked_wait_s(response.headers.get("retry-after", "")) if response is not None else None
    usual_s = float(FIRST_WAIT_S * 2**failures * random.uniform(0.5, 1.5))
    return min(usual_s if asked_s is None else asked_s, LONGEST_WAIT_S)


def _asked_wait_s(retry_after: str) -> float | None:
    """Seconds from now of a Retry-After header, which holds seconds or a date; none where it holds neither."""
    if retry_after.replace(".", "", 1).isdecimal():
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, until.timestamp() - time.time())


def address(base_url: str) -> str:
    """An endpoint's address, without a password in it."""
    parts = urlsplit(base_url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def told(error: Exception, base_url: str, api_key: str | None) -> str:
    """Of the endpoint's words, those about a question: others tell of hosts behind it, or parts of the key."""
    if status(error) not in ABOUT_QUESTION:
        return ""
    words, parts = said(error), urlsplit(base_url)
    for secret in (parts.netloc, parts.netloc.rpartition("@")[2], parts.hostname, parts.password, api_key):
        words = words.replace(secret, UNNAMED) if secret else words
    return words
