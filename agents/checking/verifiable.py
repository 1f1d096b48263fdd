"""Whether a statement about a clip can be put to a model: it may be judged, and whom and when it tells of is there."""

from typing import Literal, NamedTuple

from agents.case import Case
from agents.checking.checks import strangers
from agents.checking.unjudged import judged
from agents.reading.quotations import own_words
from agents.reading.times import read_times

ROUNDED_S = 0.5  # so far after its end a clip's last moment may be told

Unjudged = Literal["not judged", "can't be judged"]


class Unanswered(NamedTuple):
    """That a statement is not put to a model, and why."""

    what: Unjudged
    why: str


def unanswered(statement: str, case: Case) -> Unanswered | None:
    """Why nobody is asked whether a statement holds of the clip of a case; none where a model can be."""
    if why := judged(statement):
        return Unanswered("not judged", why)
    why = _nobody(statement, case) or _outside(statement, case.clip.duration_s)
    return Unanswered("can't be judged", why) if why else None


def _nobody(statement: str, case: Case) -> str | None:
    """Whom it names that is not in the clip; nobody where nothing looked for people."""
    looked = any(run.tool == "faces" and run.status in ("ok", "abstained") for run in case.evidence.tools)
    called = strangers(statement, case)
    if not (looked and called):
        return None
    are = "is" if len(case.people) == 1 else "are"
    return f"there is no {' or '.join(called)} in the clip; there {are} {', '.join(case.people) or 'no people'}"


def _outside(statement: str, duration_s: float) -> str | None:
    """Which time it tells that the clip does not have; a time of day that someone speaks of is none of the clip."""
    latest_s = duration_s + ROUNDED_S
    time = next((time for time in read_times(own_words(statement))[0] if time.reaches_s > latest_s), None)
    return f"it tells of {time}, and the clip ends at {duration_s:.1f} s" if time else None
