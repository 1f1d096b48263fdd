"""The chat agent: answers questions about an analysed clip, and may first search, measure or look closer."""

from functools import cache, lru_cache, reduce
from operator import or_
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, create_model

from agents.agent import Agent
from agents.case import Case
from agents.chat_history import Open, Said
from agents.claims import MOST_EVIDENCE, NARROWED_KEPT, Line
from agents.showing.evidence_table import shown
from agents.showing.media import frame_id
from perception.evidence import Frozen
from perception.tool import factories

MOST_SENTENCES = 6  # of an answer
MOST_FRAMES = 8  # of one zoom

Milliseconds = Annotated[int, Field(ge=0, le=86_400_000)]
Ids = Annotated[tuple[str, ...], Field(max_length=MOST_EVIDENCE)]


class Search(Frozen):
    """Search claims, observations, words and reasons."""

    do: Literal["search"]
    query: Line


class Measure(Frozen):
    """See what a perception tool finds in a stretch of the clip."""

    do: Literal["measure"]
    tool: str
    start_ms: Milliseconds
    end_ms: Milliseconds


class Zoom(Frozen):
    """Look at a stretch of the clip in more pictures, of one person's face or (none) the whole picture."""

    do: Literal["zoom"]
    start_ms: Milliseconds
    end_ms: Milliseconds
    person: str | None
    frames: Annotated[int, Field(ge=1, le=MOST_FRAMES)]


class Sentence(Frozen):
    """One statement of an answer and the ids that bear it out."""

    text: Line
    evidence: Ids


class Reply(Frozen):
    """The answer. `unanswerable`: the clip does not tell what is asked."""

    do: Literal["answer"]
    sentences: Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=MOST_SENTENCES)]
    unanswerable: bool


Action = Search | Measure | Zoom | Reply


class Decision(Frozen):
    """What the model does next."""

    action: Annotated[Action, Field(discriminator="do")]


class LastDecision(Decision):
    """Where no call is left: the answer."""

    action: Reply


class Choices(NamedTuple):
    """What there is to choose from, beyond what the case shows."""

    tools: tuple[str, ...] = ()  # none: nothing can be measured
    frames: int = 0  # none: nothing can be looked at
    ids: tuple[str, ...] = ()  # of what else may be cited


def chat(said: Said, choices: Choices, fence: str, *, opening: bool) -> Agent[Decision]:
    """Decide what to do about a question, or about what came of the last action.

    Args:
        said: what the model is told now.
        choices: narrows its decision.
        fence: of the case, around what came of an action.
        opening: its task, the tools and the claims are told as well: the first message of a chat.
    """
    return Agent(
        name="chat",
        prompt="chat.md",
        output=Decision if said.calls_left else LastDecision,
        narrowed=lambda case: narrowed(case, said, choices),
        given={"said": said, "opening": opening, "tools": tool_summaries() if opening else (), "fence": fence},
    )


@cache
def tool_summaries() -> tuple[tuple[str, str], ...]:
    """Every registered tool's name and what it does, in a line."""
    return tuple((name, make().summary) for name, make in factories().items())


def narrowed(case: Case, said: Said, choices: Choices) -> type[Decision]:
    """The decision with the actions that are open, and only tools, people, times and ids that exist."""
    seen = (frame_id(time_s) for time_s in case.presentation.moments_s)
    ids = tuple(dict.fromkeys((*(c.id for c in case.claims), *(o.id for o in shown(case)), *seen, *choices.ids)))
    return _decision(said.open, choices._replace(ids=ids), case.people, int(case.clip.duration_s * 1000))


@lru_cache(maxsize=NARROWED_KEPT)
def _decision(open_: tuple[Open, ...], choices: Choices, people: tuple[str, ...], last_ms: int) -> type[Decision]:
    """Types take milliseconds to make, and most questions about a clip are put in the same form."""
    actions: dict[str, Any] = {"search": Search, "answer": _reply(choices.ids)}
    at: Any = (Annotated[int, Field(ge=0, le=last_ms)], ...)
    if choices.tools:
        a_tool: Any = (Literal[choices.tools], ...)
        actions["measure"] = create_model("Measure", __base__=Measure, tool=a_tool, start_ms=at, end_ms=at)
    if choices.frames:
        a_person: Any = (Literal[(*people, None)], ...)
        count: Any = (Annotated[int, Field(ge=1, le=min(MOST_FRAMES, choices.frames))], ...)
        actions["zoom"] = create_model("Zoom", __base__=Zoom, start_ms=at, end_ms=at, person=a_person, frames=count)
    an_action: Any = (reduce(or_, (actions[name] for name in open_)), ...)
    made: type[Decision] = create_model("Decision", __base__=Decision, action=an_action)
    return made


def _reply(ids: tuple[str, ...]) -> type[Reply]:
    an_id: Any = Literal[ids or ("none",)]
    evidence: Any = (Annotated[tuple[an_id, ...], Field(max_length=MOST_EVIDENCE if ids else 0)], ...)
    sentence: Any = create_model("Sentence", __base__=Sentence, evidence=evidence)
    sentences: Any = Annotated[tuple[sentence, ...], Field(min_length=1, max_length=MOST_SENTENCES)]
    made: type[Reply] = create_model("Reply", __base__=Reply, sentences=(sentences, ...))
    return made
