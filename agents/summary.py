"""The summary agent: what a long conversation was about so far, in at most five sentences."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from agents.agent import Agent
from agents.claims import Line
from agents.dialogue import Said, rows
from perception.evidence import Frozen

MOST_SENTENCES = 5


class Summary(Frozen):
    """What was said so far, a sentence an item."""

    sentences: Annotated[tuple[Line, ...], Field(min_length=1, max_length=MOST_SENTENCES)]


def summary(before: Sequence[str], said: Sequence[Said], fence: str) -> Agent[Summary]:
    """Renew a summary with what was said since; `fence` closes off the words of the conversation."""
    return Agent(
        name="summary",
        prompt="summary.md",
        output=Summary,
        narrowed=lambda case: Summary,
        given={"before": tuple(before), "rows": rows(said), "fence": fence, "most": MOST_SENTENCES},
    )
