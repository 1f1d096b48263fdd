"""DBOS' rows of an analysis' stages: how their values are written, and how they are deleted."""

import json
from typing import Any

from dbos import DBOS, Serializer


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


async def delete_ended(analysis: str, soon: str) -> bool:
    """Delete the rows of an analysis' workflows that do not run; whether that were all.

    DBOS fails a workflow whose row is gone when it ends, with a traceback in the log. What waits in the queue `soon`
    may begin at any moment and is left as if it ran.
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
