"""Whether an endpoint answers at all, for who watches a server: seldom asked, and told without a word of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from agents.models.abilities import is_failure

ASK_EVERY_S = 10.0  # however often it is looked at: each question may cost money
WAIT_S = 5.0
NO_ENDPOINT = (401, 403, 404)  # HTTP: of the key or the address, not of the question; as 500 and above


class Readiness:
    """Of one endpoint, for a client and its copies."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.failed = False  # the last call, and not for its question
        self._asking, self._ask_again_s = asyncio.Lock(), 0.0
        self._trouble: str | None = None

    async def trouble(self, ask: Callable[[], Awaitable[object]]) -> str | None:
        """What is wrong, in a line that tells neither where it is nor what it says; `ask` asks it something.

        It is asked by one at a time and its answer kept for a while. What it refuses to do is no trouble: it is there.
        """
        async with self._asking:
            if time.monotonic() >= self._ask_again_s:
                self._trouble = await _trouble(ask)
                self.failed = self._trouble is not None and self.failed
                self._ask_again_s = time.monotonic() + ASK_EVERY_S
            return self._trouble


async def _trouble(ask: Callable[[], Awaitable[object]]) -> str | None:
    import openai

    try:
        async with asyncio.timeout(WAIT_S):
            await ask()
    except openai.APIStatusError as error:
        there = error.status_code < 500 and error.status_code not in NO_ENDPOINT
        return None if there else f"the model endpoint answers HTTP {error.status_code}"
    except (TimeoutError, openai.APIConnectionError):
        return "the model endpoint does not answer"
    except Exception as error:
        if not is_failure(error):
            raise
        return "the model endpoint sends something that is no answer"
    return None
