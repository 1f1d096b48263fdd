"""A short question that leans on the one before it: "and P2?" after "does P1 smile?"."""

from agents.reading.people import named_people, renamed
from agents.report import Report
from agents.searching.question import read_question
from agents.searching.retrieval import answer_by_retrieval


def understood(question: str, before: str | None, report: Report) -> str:
    """The question, or the one before it with the other person or time where it says nothing else.

    Args:
        question: as it was asked.
        before: the question before it, as it was understood; none: this is the first.
        report: that both are about.
    """
    asked = read_question(question, report)
    if before is None or not asked.leans or not answered(before, report):
        return question
    earlier = read_question(before, report)
    if not (earlier.topics or earlier.words) or (asked.window and earlier.window):
        return question
    if asked.people and earlier.people:
        if not named_people(before) or len(asked.people) > 1:
            return question
        before = renamed(before, asked.people[0])
        return f"{before} {question}" if asked.window else before
    return f"{before} {question}"


def answered(question: str, report: Report) -> bool:
    """Whether there is something to go on from: it is not refused, of nobody who is there, or of what nothing is on."""
    return answer_by_retrieval(question, report).answers
