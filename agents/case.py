"""The case that every agent is given: one clip's facts, its evidence, and the claims made so far."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from agents.claims import Claim, Level
from agents.codebook import Codebook
from agents.report import ClipFacts
from agents.showing.presentation import Presentation
from perception.evidence import Evidence, Frozen

EVERYTHING = Presentation()


class Feedback(Frozen):
    """A claim of the last answer that failed checks, and what these said."""

    claim: Claim
    wrong: tuple[str, ...]


class Background(NamedTuple):
    """What all agents of a graph are told alike, whoever is asked: levels whose labels are defined, and knowledge."""

    levels: tuple[Level, ...] = ()
    knowledge: tuple[str, ...] = ()  # files of the knowledge base


NO_BACKGROUND = Background()


@dataclass(frozen=True)
class Case:
    """What is known when an agent is asked; nothing here changes when another agent is asked, but `claims`."""

    clip: ClipFacts
    evidence: Evidence
    codebook: Codebook
    people: tuple[str, ...]
    person: str | None = None  # whom the question is about; none: all of them together
    claims: tuple[Claim, ...] = ()  # accepted claims of earlier levels, about everybody
    feedback: tuple[Feedback, ...] = ()  # what the critic found wrong with the last answer
    fence: str = ""  # what closes off words of the clip in a prompt; unknown to whoever made the clip
    presentation: Presentation = EVERYTHING  # what a model is shown of it all
    background: Background = NO_BACKGROUND

    def about(self, person: str | None) -> "Case":
        """The same case, asked about someone."""
        return replace(self, person=person)

    def claims_of(self, level: Level) -> tuple[Claim, ...]:
        """Claims of a level about the person in question (all of them when asked about everybody)."""
        return tuple(c for c in self.claims if c.level == level and self.person in (None, c.person))
