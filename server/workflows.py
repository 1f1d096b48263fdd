"""DBOS' rows of an analysis' stages: how their values are written, and how they are deleted."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

from dbos import DBOS, Serializer

logger = logging.getLogger(__name__)


class Json(Serializer):
    """Workflows take and return plain values: nothing is pickled."""

    def serialize(self, data: Any) -> str:
        """A value as text."""
        return json.dumps(data, default=str)

    def deserialize(cls, serialized_data: str) -> Any:
        """The value in a text."""
        return json.loads(serialized_data)

    def name(self) -> str:
        """By which DBOS knows how a row was written."""
        return "json"


class StageRows:
    """The rows of analyses' stages: deleted with their analysis, or later where a stage still runs then."""

    def __init__(self, soon: str) -> None:
        """What waits in the queue `soon` may begin at any moment, and is left as if it ran."""
        self._soon, self._left, self._looked = soon, set[str](), False

    async def delete(self, analysis: str) -> None:
        """Delete the rows of a deleted analysis that do not run; what is left of them waits for `delete_left`."""
        self._left.add(analysis)
        try:
            if await _delete_ended(analysis, self._soon):
                self._left.discard(analysis)
        except Exception:  # the analysis is gone all the same, and its client is told so
            logger.exception("analysis %s is deleted, but the rows of its stages are not: it is tried again", analysis)

    async def delete_left(self, known: Callable[[], set[str]]) -> None:
        """Delete what was left, at first also of analyses that another run of the server deleted."""
        if not self._looked:
            found = await DBOS.list_workflows_async(workflow_id_prefix="an_", load_input=False, load_output=False)
            begun = {flow.workflow_id.partition(":")[0] for flow in found}
            self._left |= begun - await asyncio.to_thread(known)  # read after: a new one's row comes before its stages
            self._looked = True
        for analysis in list(self._left):
            await self.delete(analysis)


async def _delete_ended(analysis: str, soon: str) -> bool:
    """Delete the rows of an analysis' workflows that do not run; whether that were all.

    DBOS fails a workflow whose row is gone when it ends, with a traceback in the log.
    """
    found = await DBOS.list_workflows_async(workflow_id_prefix=f"{analysis}:", load_input=False, load_output=False)
    running = {
        flow.workflow_id
        for flow in found
        if flow.status == "PENDING" or (flow.status == "ENQUEUED" and flow.queue_name == soon)
    }
    ended = [flow.workflow_id for flow in found if flow.workflow_id not in running]
    if ended:
        await DBOS.delete_workflows_async(ended)
    return not running
