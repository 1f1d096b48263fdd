"""The emotion agent: what a person's expression suggests they feel, given what they do and think."""

from agents.agent import Agent, claims_about
from agents.claims import ClaimList


def emotion() -> Agent[ClaimList]:
    """Derive emotion from the evidence and the behaviour and cognition claims.

    Neutral unless there is a marker (Yuan et al. 2026, MOTOR-MAS); abstains where the face was not seen well enough.
    """
    return Agent(
        name="emotion",
        prompt="emotion.md",
        output=ClaimList,
        narrowed=claims_about("emotion"),
        level="emotion",
        choice="label",
        knowledge=("facs", "physiology", "gestures"),
    )
