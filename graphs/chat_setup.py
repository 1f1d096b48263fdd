"""What questions about a clip are set up with, and what they may cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agents.agent import Model
from agents.case import Case
from agents.chat_history import ChatHistory, Open
from agents.codebook import Codebook
from agents.report import Report
from agents.showing.presentation import Presentation, Wanted
from graphs.state import USUAL
from perception.cache import Cache
from perception.clip import Clip
from perception.isolation import WorkerLimits

MOST_PICTURES = 16  # in one request; as many as the servers take that `mentalis model serve` starts


class Limits(NamedTuple):
    """What one question may cost; then only the answer is left to choose."""

    calls: int = 5  # searches, measurements and zooms
    frames: int = 12  # zoomed
    seconds: float = 180.0


USUAL_LIMITS = Limits()


@dataclass(frozen=True)
class Chat:
    """Everything live that questions need. Without the clip nothing can be shown or measured."""

    report: Report
    codebook: Codebook
    clip: Clip | None = None
    model: Model | None = None  # none: a search of the report
    embedder: str | None = None  # ranks what is searched; none: BM25
    cache: Cache | None = None
    worker: WorkerLimits | None = None  # none: measure in this process
    wanted: Wanted = USUAL
    fence: str = ""
    limits: Limits = USUAL_LIMITS


def open_to(
    history: ChatHistory, about: Chat, calls_left: int, frames_left: int, closed: Sequence[Open] = ()
) -> tuple[Open, ...]:
    """The actions that there are and that were not closed; an answer always."""
    if calls_left < 1:
        return ("answer",)
    pictures = history.sees and frames_left > 0 and history.crops < most_pictures(history)
    measure: tuple[Open, ...] = ("measure",) if about.clip is not None else ()
    zoom: tuple[Open, ...] = ("zoom",) if pictures else ()
    there_are: tuple[Open, ...] = ("search", *measure, *zoom)
    return (*(action for action in there_are if action not in closed), "answer")


def most_pictures(history: ChatHistory) -> int:
    """Beside those of the presentation."""
    shown = history.presentation
    return MOST_PICTURES - (len(shown.moments_s) if shown and shown.way == "frames" else 0)


def case_of(about: Chat, presentation: Presentation) -> Case:
    """The case that the report is about, with all of its claims."""
    report = about.report
    return Case(
        clip=report.clip,
        evidence=report.evidence,
        codebook=about.codebook,
        people=tuple(person.id for person in report.people),
        claims=report.claims,
        fence=about.fence,
        presentation=presentation,
    )
