"""How many requests a caller may send: a bucket of tokens each, refilled steadily, in this process' memory."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from server.errors import ApiError


@dataclass
class Buckets:
    """A bucket for each caller. It holds a minute's requests, so that a page may send many at once after a pause."""

    now: Callable[[], float] = time.monotonic  # s
    left: dict[str, tuple[float, float]] = field(default_factory=dict)  # by caller: tokens, and when they were counted

    def take(self, caller: str, per_minute: int) -> None:
        """Take a token.

        Raises:
            ApiError: 429, none is left; its Retry-After says in how many seconds there will be one.
        """
        now = self.now()
        tokens, counted_at = self.left.get(caller, (float(per_minute), now))
        tokens = min(per_minute, tokens + (now - counted_at) * per_minute / 60)
        enough = tokens >= 1
        self.left[caller] = (tokens - enough, now)
        if not enough:
            wait_s = math.ceil((1 - tokens) * 60 / per_minute)
            raise ApiError(
                429,
                f"more than {per_minute} requests a minute; try again in {wait_s} s",
                "rate_limit_exceeded",
                {"Retry-After": str(wait_s)},
            )
