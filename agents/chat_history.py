"""A chat about an analysed clip: what was told, decided and found so far; small JSON values only."""

from typing import Literal

from pydantic import Field

from agents.report import TokenUse
from agents.showing.presentation import Presentation
from agents.showing.zoom import Crop
from perception.evidence import Frozen, Seconds

Open = Literal["search", "measure", "zoom", "answer"]
Basis = Literal["seen", "other", "missing"]


class Source(Frozen):
    """Something that an answer may cite: of the report, measured for a question, or a picture that was looked at."""

    id: str
    text: str
    person: str | None = None
    start_s: Seconds
    end_s: Seconds
    basis: Basis = Field(
        default="other",
        description="seen: of a person, or in a picture; other: words, voice, light; missing: why there is nothing",
    )
    kinds: tuple[str, ...] = Field(
        default=(),
        description="of the observations, or names of the signal, that it is or rests on; emotions claimed from it",
    )


class Said(Frozen):
    """What a model is told: a question, or what came of its last action."""

    question: str | None = Field(default=None, description="as a JSON string")
    outcome: tuple[str, ...] = Field(default=(), description="lines of JSON")
    open: tuple[Open, ...] = Field(description="actions that it may choose from")
    calls_left: int


class Exchange(Frozen):
    """What a model was told, what it decided, and the pictures that this brought."""

    said: Said
    decision: str = Field(description="JSON")
    crops: tuple[Crop, ...] = ()

    @property
    def characters(self) -> int:
        """How long it is, but for pictures and what frames it."""
        return len(self.said.question or "") + sum(map(len, self.said.outcome)) + len(self.decision)


class ChatHistory(Frozen):
    """What later questions build on. Pictures are read from the clip again whenever they are shown."""

    clip_sha256: str
    asked: tuple[str, ...] = Field(default=(), description="questions, as they were understood")
    exchanges: tuple[Exchange, ...] = ()
    found: tuple[Source, ...] = Field(default=(), description="beside what the report has")
    measured: int = Field(default=0, description="measurements made; numbers their ids")
    presentation: Presentation | None = Field(default=None, description="what the model is shown; none: not chosen yet")
    sees: bool = Field(default=False, description="the model can be shown pictures")

    @property
    def crops(self) -> int:
        """Pictures that are shown beside those of the presentation."""
        return sum(len(exchange.crops) for exchange in self.exchanges)


class Step(Frozen):
    """Something that a model did before it answered."""

    do: Open
    arguments: dict[str, str | int | None]
    outcome: str = Field(description="in a few words")
    seconds: float


class ChatAnswer(Frozen):
    """An answer: each sentence with the ids that it rests on in brackets."""

    question: str
    text: str
    citations: tuple[Source, ...]
    steps: tuple[Step, ...] = ()
    method: Literal["model", "bm25", "embedding"]
    notes: tuple[str, ...] = Field(default=(), description="what was left out, and what went otherwise than meant")
    tokens: TokenUse = TokenUse()
    history: ChatHistory = Field(description="what the next question is asked with")


def remembered(history: ChatHistory, characters: int) -> ChatHistory:
    """The history without its oldest questions where it is longer than half of the room.

    It is cut to a quarter, so that many questions share what is left as their prefix.
    """
    kept = history.exchanges
    if _length(kept) <= characters / 2:
        return history
    while kept and _length(kept) > characters / 4:
        following = next((n for n, e in enumerate(kept) if n and e.said.question is not None), len(kept))
        kept = kept[following:]
    return history.model_copy(update={"exchanges": kept})


def without_pictures(history: ChatHistory) -> ChatHistory:
    """The history without its pictures; what was said of them stays."""
    exchanges = tuple(exchange.model_copy(update={"crops": ()}) for exchange in history.exchanges)
    return history.model_copy(update={"exchanges": exchanges})


def _length(exchanges: tuple[Exchange, ...]) -> int:
    return sum(exchange.characters for exchange in exchanges)
