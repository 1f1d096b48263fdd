"""The critic: whether each claim follows from the evidence it cites. Rules have already been applied (checks.py)."""

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from agents.agent import Agent
from agents.case import Case
from agents.claims import Line
from perception.evidence import Frozen

MOST_VERDICTS = 24  # of one answer


class CriticVerdict(Frozen):
    """Whether one claim holds, and why."""

    claim: str
    reason: Line
    agrees: bool


class CriticAnswer(Frozen):
    """The critic's verdicts, at most one a claim."""

    verdicts: Annotated[tuple[CriticVerdict, ...], Field(max_length=MOST_VERDICTS)]


def critic() -> Agent[CriticAnswer]:
    """Look a second time at each claim: predict, explain and verify, predict again (after PEP-MEK, 2025)."""
    knowledge = ("facs", "contradictions")
    return Agent(name="critic", prompt="critic.md", output=CriticAnswer, narrowed=_narrowed, knowledge=knowledge)


def _narrowed(case: Case) -> type[CriticAnswer]:
    ids = tuple(c.id for c in case.claims if not c.abstained)
    an_id: Any = Literal[ids]
    verdict: Any = create_model("CriticVerdict", __base__=CriticVerdict, claim=(an_id, ...))
    verdicts: Any = Annotated[tuple[verdict, ...], Field(max_length=min(MOST_VERDICTS, len(ids)))]
    narrowed: type[CriticAnswer] = create_model("CriticAnswer", __base__=CriticAnswer, verdicts=(verdicts, ...))
    return narrowed
