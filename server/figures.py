"""What the server counts and times, for Prometheus."""

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Figures:
    """What is counted and timed."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.analyses = Gauge("mentalis_analyses", "Analyses by status", ["status"], registry=self.registry)
        self.stage_s = Histogram(
            "mentalis_stage_seconds", "Time that a stage took", ["stage"], registry=self.registry,
            buckets=(0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000),
        )  # fmt: skip
        self.tools = Counter("mentalis_tools", "Tools that ended", ["tool", "status", "cached"], registry=self.registry)
        self.tokens = Counter("mentalis_tokens", "Tokens of models", ["kind"], registry=self.registry)
        self.calls = Counter("mentalis_model_calls", "Calls of models", ["cached", "outcome"], registry=self.registry)

    def tell(self, event: dict[str, Any]) -> None:
        """Count an event of an analysis."""
        if event["kind"] == "tool_finished":
            self.tools.labels(event["tool"], event["status"], str(event["cached"]).lower()).inc()
        if event["kind"] == "agent_finished":
            tokens = event["tokens"]
            for kind in ("prompt", "cached_prompt", "completion"):
                self.tokens.labels(kind).inc(tokens[f"{kind}_tokens"])
            self.calls.labels("false", "answered").inc(tokens["calls"])
            self.calls.labels("false", "failed").inc(tokens["failed"])
            self.calls.labels("true", "answered").inc(tokens["calls_from_cache"])
