"""What the server needs of the product: measuring, reasoning and answering, whoever wires them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from agents.chat_history import ChatAnswer, ChatHistory
from agents.report import Report
from graphs.events import Event
from graphs.state import Strategy


class Places(NamedTuple):
    """Where an analysis keeps what it makes."""

    cache: Path  # of tools' results and a model's answers: of its file
    content: Path  # evidence and report: of its own
    checkpoints: str  # SQLite file or PostgreSQL URL
    thread: str  # its checkpoints' name
    transcript: Path | None = None  # what is said, where the client told


class Options(BaseModel):
    """How a client wants a clip analysed; what is not given is as the server is set up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: Strategy | None = Field(default=None, description="in which order the agents judge")
    codebook: str | None = Field(default=None, description="a codebook of this server, by its name or id")
    tools: tuple[str, ...] | None = Field(default=None, description="names of tools; what they need runs as well")
    media: Literal["auto", "video", "frames", "text"] | None = None
    frames: int | None = Field(default=None, ge=1, le=64)
    frame_choice: Literal["evidence", "uniform"] | None = None
    samples: int | None = Field(default=None, ge=1, le=9)
    audit_pairs: int | None = Field(default=None, ge=0, le=50)
    check_gestures: bool | None = Field(default=None, description="a model looks at pictures of each gesture measured")
    max_revisions: int | None = Field(default=None, ge=0, le=5)
    seed: int | None = Field(default=None, ge=0, lt=2**31)


class Engine(Protocol):
    """The product behind the server."""

    def measure(self, clip: Path, options: Options, codebook: str | None, places: Places) -> AsyncIterator[Event]:
        """Run the tools and keep their results in the cache."""
        ...

    def reason(self, clip: Path, options: Options, codebook: str | None, places: Places) -> AsyncIterator[Event]:
        """Run the graph on what is measured, from its last checkpoint; the last event is the report."""
        ...

    async def answer(
        self,
        report: Report,
        clip: Path | None,
        question: str,
        history: ChatHistory | None,
        codebook: str | None,
        places: Places,
    ) -> ChatAnswer:
        """Answer a question about a report."""
        ...

    async def tracks(self, clip: Path, places: Places) -> list[dict[str, Any]]:
        """Boxes and landmarks of the faces, where they were measured."""
        ...

    def check(self, options: Options) -> None:
        """Refuse options that can't be used.

        Raises:
            MentalisError: saying which and why.
        """
        ...

    def tools(self) -> list[dict[str, Any]]:
        """The tools that there are."""
        ...

    def settings(self) -> dict[str, Any]:
        """What the server is set up with, without secrets."""
        ...

    async def forget(self, places: Places) -> None:
        """Delete the checkpoints of an analysis where they do not lie in its own folder."""
        ...

    async def close(self) -> None:
        """Close the model's connections."""
        ...

    async def trouble(self) -> str | None:
        """What is wrong with the model's endpoint, in a line; none when it answers or none is used."""
        ...
