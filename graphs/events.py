"""What a running graph tells: typed events, in the order in which things happen."""

from typing import Annotated, Literal

from pydantic import Field

from agents.claims import Level, Verdict
from agents.report import Report, TokenUse
from perception.evidence import Frozen, Seconds


class ToolStarted(Frozen):
    """A perception tool has begun."""

    kind: Literal["tool_started"] = "tool_started"
    tool: str


class ToolProgress(Frozen):
    """How far into the clip a tool has come."""

    kind: Literal["tool_progress"] = "tool_progress"
    tool: str
    time_s: Seconds
    duration_s: Seconds


class ToolFinished(Frozen):
    """A perception tool is done, has abstained, has failed or was skipped."""

    kind: Literal["tool_finished"] = "tool_finished"
    tool: str
    status: Literal["ok", "abstained", "failed", "skipped"]
    seconds: float
    cached: bool = False
    error: str | None = None


class AgentStarted(Frozen):
    """An agent is being asked about someone (everybody together when person is none)."""

    kind: Literal["agent_started"] = "agent_started"
    agent: str
    person: str | None = None


class AgentFinished(Frozen):
    """An agent has answered about someone (everybody together when person is none)."""

    kind: Literal["agent_finished"] = "agent_finished"
    agent: str
    person: str | None = None
    claims: int | None = Field(default=None, description="that it made; none: it makes none")
    rejected: int = 0
    seconds: float = 0.0
    tokens: TokenUse = TokenUse()
    error: str | None = None


class Check(Frozen):
    """One check of one claim."""

    kind: Literal["check"] = "check"
    level: Level
    verdict: Verdict


class ReportReady(Frozen):
    """The report; always the last event."""

    kind: Literal["report"] = "report"
    report: Report


Event = Annotated[
    ToolStarted | ToolProgress | ToolFinished | AgentStarted | AgentFinished | Check | ReportReady,
    Field(discriminator="kind"),
]
