"""The narrator: the accepted claims in a few plain sentences, nothing added."""

from typing import Annotated

from pydantic import Field

from agents.agent import Agent
from agents.claims import Line
from perception.evidence import Frozen

MOST_SENTENCES = 5


class Narrative(Frozen):
    """A short account, a sentence an item."""

    sentences: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MOST_SENTENCES)]

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(s if s.endswith((".", "!", "?", "…")) else f"{s}." for s in self.sentences)


def narrator() -> Agent[Narrative]:
    """Tell what was claimed, with its uncertainty, in at most five sentences."""
    return Agent(name="narrator", prompt="narrator.md", output=Narrative, narrowed=lambda case: Narrative)
