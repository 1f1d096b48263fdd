"""One agent for all three levels at once: what the cascade is compared with."""

from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field, create_model

from agents.agent import Agent, draft_about
from agents.case import Case
from agents.claims import LEVELS, MOST_CLAIMS, NARROWED_KEPT, Draft, Level, some
from perception.evidence import Frozen

Drafts = Annotated[tuple[Draft, ...], Field(max_length=MOST_CLAIMS)]
KNOWLEDGE = ("behaviour", "cognition", "facs")


class AllLevels(Frozen):
    """Drafts of each level."""

    behaviour: Drafts
    cognition: Drafts
    emotion: Drafts

    def of(self, level: Level) -> tuple[Draft, ...]:
        """The drafts of a level."""
        drafts: tuple[Draft, ...] = getattr(self, level)
        return drafts


def all_levels() -> Agent[AllLevels]:
    """Judge behaviour, cognition and emotion in one answer."""
    return Agent(
        name="all_levels",
        prompt="all_levels.md",
        output=AllLevels,
        narrowed=narrowed,
        choice="label",
        knowledge=KNOWLEDGE,
    )


def narrowed(case: Case) -> type[AllLevels]:
    """The output with the labels, evidence and times of the case."""
    return _of(tuple(draft_about(level, case) for level in LEVELS))


@lru_cache(maxsize=NARROWED_KEPT)
def _of(drafts: tuple[type[Draft], ...]) -> type[AllLevels]:
    fields: dict[str, Any] = {level: (some(draft), ...) for level, draft in zip(LEVELS, drafts, strict=True)}
    made: type[AllLevels] = create_model("AllLevels", __base__=AllLevels, **fields)
    return made
