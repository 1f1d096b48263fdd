"""What an agent is: a prompt, an output schema and the knowledge it may quote. It knows nothing of order or graphs."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, create_model

from agents.case import Background, Case
from agents.claims import LEVELS, NARROWED_KEPT, ClaimList, Draft, Level, draft_for, some
from agents.models.abilities import Abilities
from agents.models.json_schema import server_schema
from agents.models.label_odds import TokenOdds
from agents.report import TokenUse
from agents.showing.evidence_table import shown
from agents.showing.media import Media, frame_id

if TYPE_CHECKING:
    from agents.showing.messages import Turn

PROMPTS = Path(__file__).parent / "prompts"

T = TypeVar("T", bound=BaseModel)
Message = dict[str, Any]  # one of OpenAI's chat messages


class Answer(NamedTuple, Generic[T]):
    """A parsed and validated answer, what it cost, and with what probabilities each token came (none: not told)."""

    content: T
    tokens: TokenUse
    odds: tuple[TokenOdds, ...] = ()


class Model(Protocol):
    """Something that answers messages in a given shape."""

    name: str

    async def abilities(self) -> Abilities:
        """What it can be shown, and how much of it.

        Raises:
            ModelError: it can't be asked.
        """
        ...

    async def answer(
        self, messages: list[Message], output: type[T], schema: dict[str, Any], *, sample: int = 0, odds: bool = False
    ) -> Answer[T]:
        """The answer to the messages as an `output`.

        Args:
            messages: of a chat.
            output: what the answer is read as.
            schema: what a server is made to follow.
            sample: 0 is the model's first choice, each other number a draw of its own.
            odds: the probabilities of the answer's tokens are wanted, where the model tells them.

        Raises:
            ContextOverflow: it is more than the model's context holds.
            MediaRefused: the model does not take a medium.
            ModelError: the model can't be reached, refuses, or never gives a valid answer.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True)
class Agent(Generic[T]):
    """One who reasons.

    `output` is what an answer is read as; `narrowed` makes of it, for a case, the type whose schema the server is
    given: only existing labels, ids and times. Reading is laxer so that one false id costs one claim, not the answer.
    """

    name: str
    prompt: str  # file in prompts/
    output: type[T]
    narrowed: Callable[[Case], type[T]]
    level: Level | None = None
    knowledge: tuple[str, ...] = ()
    choice: str | None = None  # field of the answer whose value's probability is wanted
    given: Mapping[str, Any] = field(default_factory=dict)  # what else its prompt is filled in with


async def ask(
    agent: Agent[T],
    case: Case,
    model: Model,
    media: Media | None = None,
    before: "Sequence[Turn]" = (),
    sample: int = 0,
) -> Answer[T]:
    """Put the case to an agent, perhaps as the next turn of a conversation; `sample` as of `Model.answer`.

    Raises:
        ContextOverflow: it is more than the model's context holds.
        MediaRefused: the model does not take a medium.
        ModelError: the model can't be reached, refuses, or never gives a valid answer.
    """
    from agents.showing.budget import check_room
    from agents.showing.messages import messages

    asked = messages(agent, case, media or Media(), before)
    schema = server_schema(agent.narrowed(case))
    check_room(asked, schema, case.presentation, await model.abilities())
    return await model.answer(asked, agent.output, schema, sample=sample, odds=agent.choice is not None)


def claims_about(level: Level) -> Callable[[Case], type[ClaimList]]:
    """The output of an agent of a level; see `draft_about`."""
    return lambda case: _list_of(draft_about(level, case))


@lru_cache(maxsize=NARROWED_KEPT)
def _list_of(draft: type[Draft]) -> type[ClaimList]:
    made: type[ClaimList] = create_model("ClaimList", __base__=ClaimList, claims=(some(draft), ...))
    return made


def draft_about(level: Level, case: Case) -> type[Draft]:
    """The type of a draft of a level: labels of the codebook, evidence that is shown, times in the clip."""
    measured = [o.id for o in shown(case) if case.person is None or o.person in (None, case.person)]
    seen = [frame_id(time_s) for time_s in case.presentation.moments_s]
    return draft_for(case.codebook.ids(level), (*measured, *seen), int(case.clip.duration_s * 1000))


def background_of(agents: Iterable[Agent[Any]]) -> Background:
    """The labels and the knowledge that any of the agents rests on."""
    asked = tuple(agents)
    levels = {agent.level for agent in asked}
    knowledge = dict.fromkeys(name for agent in asked for name in agent.knowledge)
    return Background(tuple(level for level in LEVELS if level in levels), tuple(knowledge))


@cache
def prompts_sha256() -> str:
    """Hash of all prompts, for a report's provenance."""
    digest = hashlib.sha256()
    for path in sorted(PROMPTS.glob("*.md")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
