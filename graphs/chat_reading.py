"""How a question of a chat is read: what it leans on, whether a model is asked it, and whom it is about."""

from collections.abc import Sequence

from agents.reading.times import of_a_time
from agents.report import Report
from agents.searching.follow_up import answered, goes_on, understood
from agents.searching.question import read_question, without_times
from agents.searching.retrieval import not_there


def understood_as(question: str, asked: Sequence[str], report: Report) -> str:
    """The question with what it leaves out of the last of those that were asked before."""
    return understood(question, asked[-1] if asked else None, report)


def read_alone(question: str, asked: Sequence[str], report: Report) -> bool:
    """Whether a question leaves out something that it can't be given, as the last before it found nothing."""
    leaves_out = goes_on(read_question(question, report)) and not read_question(question, report).follows
    return bool(asked) and leaves_out and not answered(asked[-1], report)


def is_for_model(question: str, report: Report) -> bool:
    """Whether a question, as understood, is put to a model: it may be judged, and is of people and times there are.

    Where nothing looked for faces, anyone may be.
    """
    asked = read_question(question, report)
    looked = any(run.tool == "faces" and run.status in ("ok", "abstained") for run in report.evidence.tools)
    there = not_there(asked, report) is None or (bool(asked.strangers) and not looked)
    return asked.refused is None and there


def asked_of(question: str, report: Report) -> str | None:
    """The only person whom a question, as it is understood, names; none where it names more or nobody."""
    people = read_question(question, report).people
    return people[0] if len(people) == 1 else None


def asked_at(question: str, report: Report) -> tuple[float, float] | None:
    """The seconds that a question, as it is understood, names."""
    return read_question(question, report).window


def asks_of_a_moment(question: str, report: Report) -> bool:
    """Whether a question, as it is understood, names a time in words or more than one thing: "while P1 nods"."""
    asked = read_question(question, report)
    things = [topic for topic in asked.topics if not topic.people]
    return len(things) > 1 or bool(asked.rest) or of_a_time(without_times(question))
