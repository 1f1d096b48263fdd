"""A short question that leans on the one before it: "and P2?" after "does P1 smile?"."""

import re
from typing import Literal

from agents.reading.people import named_people, renamed
from agents.report import Report
from agents.searching.question import Question, read_question, without_times
from agents.searching.report_entries import entries_of
from agents.searching.retrieval import answer_by_retrieval

IDS = re.compile(r"\bp(?=\d+\b)")
APART_S = 0.1  # from what was found, so that it is not found again
ENDING = re.compile(r"[\s?.!,]+$")
GROUNDS = re.compile(
    r" Why(?: not|: [\w@., -]+)\?"
)  # as `_bearing_out` adds them: they are no part of what is gone on from


def understood(question: str, before: str | None, report: Report) -> str:
    """The question, or the one before it with another person, time or manner where it says nothing else.

    Args:
        question: as it was asked.
        before: the question before it, as it was understood; none: this is the first.
        report: that both are about.
    """
    asked = read_question(question, report)
    if before is None or not goes_on(asked):
        return question
    before = GROUNDS.sub("", before)
    earlier = read_question(before, report)
    if not answered(before, report):
        return _of_others(before, earlier, asked) or question
    if asked.grounds:
        return _bearing_out(before, report)
    if asked.beside:
        anew = "what" in question.lower()
        return _beside(asked.beside, "" if anew else before, before, earlier, report) or question
    if asked.follows:
        return f"{ENDING.sub('', question)}, {' and '.join(earlier.people)}?" if earlier.people else question
    if not (earlier.topics or earlier.words):
        return question
    return _leaning_on(before, earlier, question, asked, report)


def goes_on(asked: Question) -> bool:
    """Whether a question may leave something out that is in the one before it."""
    return bool(asked.leans or asked.follows or asked.grounds or asked.beside)


def _of_others(before: str, earlier: Question, asked: Question) -> str | None:
    """A question about somebody who is not there, put about those who are: "does P2 smile?", "and P1?"."""
    wanted = asked.leans and asked.people and earlier.strangers and not earlier.people
    return renamed(before, asked.people[0]) if wanted else None


def _bearing_out(before: str, report: Report) -> str:
    """The question before with the ids of what its answer rests on; where it found nothing, with why not."""
    evidence = {claim.id: claim.evidence for claim in report.claims}
    cited = answer_by_retrieval(before, report).citations
    ids = dict.fromkeys(e for id_ in cited for e in evidence.get(id_) or (id_,))
    return f"{before} Why: {', '.join(ids)}?" if ids else f"{before} Why not?"


def _beside(side: Literal["before", "after"], same: str, before: str, earlier: Question, report: Report) -> str | None:
    """The same question of what comes before or after its time; without one, what happens beside what it found."""
    if earlier.window:
        same, (start_s, end_s) = _without_times(same, report), earlier.window
    else:
        cited = answer_by_retrieval(before, report).citations
        found = [entry for entry in entries_of(report) if entry.id in cited]
        same, start_s = "", min((e.start_s for e in found), default=0.0) - APART_S
        end_s = max((e.end_s for e in found), default=report.clip.duration_s) + APART_S
    at_s = start_s if side == "before" else end_s
    if not 0 < at_s < report.clip.duration_s:
        return None
    who = f", {' and '.join(earlier.people)}" if earlier.people else ""
    return f"{same} and {side} {at_s:.1f} s?" if same else f"What happens {side} {at_s:.1f} s{who}?"


def answered(question: str, report: Report) -> bool:
    """Whether there is something to go on from: it is not refused, of nobody who is there, or of what nothing is on."""
    return answer_by_retrieval(question, report).answers


def _leaning_on(before: str, earlier: Question, question: str, asked: Question, report: Report) -> str:
    """The earlier question with the time or person of the later in place of its own."""
    if asked.window and earlier.window:
        before = _without_times(before, report)
    if not (asked.people and earlier.people):
        return f"{before} {question}"
    if not named_people(before) or len(asked.people) > 1:
        return question
    before = renamed(before, asked.people[0])
    return f"{before} {question}" if asked.window or asked.counts or asked.times else before


def _without_times(text: str, report: Report) -> str:
    """The text without its times, and without the questions in it that asked for nothing but a time."""
    left = [ENDING.sub("", without_times(one)) for one in re.split(r"(?<=[?!.])\s+", text)]
    read = [(one, read_question(one, report)) for one in left]
    kept = [one for one, q in read if q.topics or q.words or q.leans]
    return " ".join(IDS.sub("P", f"{one[0].upper()}{one[1:]}?") for one in kept)
