"""The behaviour agent: what each person visibly does. It anchors the agents that come after it."""

from agents.agent import Agent, claims_about
from agents.claims import ClaimList


def behaviour() -> Agent[ClaimList]:
    """Name what is done, from the evidence alone; every claim cites observations."""
    return Agent(
        name="behaviour",
        prompt="behaviour.md",
        output=ClaimList,
        narrowed=claims_about("behaviour"),
        level="behaviour",
        choice="label",
        knowledge=("behaviour", "gestures"),
    )
