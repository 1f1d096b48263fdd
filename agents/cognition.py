"""The cognition agent: how a person may be thinking about what goes on, given what they do."""

from agents.agent import Agent, claims_about
from agents.claims import ClaimList


def cognition() -> Agent[ClaimList]:
    """Derive cognition from behaviour claims and evidence (cues after el Kaliouby & Robinson 2005)."""
    return Agent(
        name="cognition",
        prompt="cognition.md",
        output=ClaimList,
        narrowed=claims_about("cognition"),
        level="cognition",
        choice="label",
        knowledge=("cognition", "appraisal"),
    )
