"""A webhook is told that its analysis has ended, and the analysis what became of that."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from server.analysis_records import Analyses, Analysis
from server.errors import ApiError
from server.patience import AWAY
from server.webhooks import WAITS_S

Deliver = Callable[[Analysis, int], Awaitable[float | None]]  # how often with this try; seconds until the next, if any
logger = logging.getLogger(__name__)


async def tell(analysis: Analysis, tries: int, deliver: Deliver, analyses: Analyses) -> float | None:
    """Tell an analysis' webhook, if one is asked for; the seconds after which to try again, none once it is over."""
    if analysis.webhook is None:
        return None
    try:
        wait_s = await deliver(analysis, tries)
        if wait_s is None:
            await asyncio.to_thread(analyses.webhook_told, analysis.id, "delivered")
        return wait_s
    except ApiError as error:
        logger.warning("analysis %s: %s", analysis.id, error.message)
        why = error.message
    except AWAY:  # its receiver takes what comes again once
        raise
    except Exception as error:  # of ours
        logger.exception("analysis %s: its webhook could not be told", analysis.id)
        if tries <= len(WAITS_S):
            return WAITS_S[tries - 1]
        why = f"telling it broke off ({type(error).__name__})"
    await asyncio.to_thread(analyses.webhook_told, analysis.id, "failed", why)
    return None
