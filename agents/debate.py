"""Two who debate: one proposes, one objects, and the first has the last word (CAMEL's role-playing, Li et al. 2023)."""

from agents.agent import Agent
from agents.all_levels import KNOWLEDGE, AllLevels, narrowed


def proposer(objection: str = "") -> Agent[AllLevels]:
    """Judge all levels; with the opponent's answer (JSON) before it, keep or correct what it said."""
    return _debater("debate_proposer.md", objection)


def opponent(proposal: str) -> Agent[AllLevels]:
    """Look for what is wrong with a proposal (JSON) and judge all levels oneself."""
    return _debater("debate_opponent.md", proposal)


def _debater(prompt: str, other: str) -> Agent[AllLevels]:
    return Agent(
        name=prompt.removesuffix(".md"),
        prompt=prompt,
        output=AllLevels,
        narrowed=narrowed,
        choice="label",
        knowledge=KNOWLEDGE,
        given={"other": other},
    )
