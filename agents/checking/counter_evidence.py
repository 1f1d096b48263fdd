"""What a text says against what was observed: a movement that it denies, or more of them than there were."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from agents.reading.denials import affirmed, clauses, denies
from agents.reading.numbers import in_digits, number_in_words
from agents.reading.people import named_people
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.times import of_a_time, read_times
from agents.searching.question import Topic, movements, movements_alone

# a denial of nothing but what follows: "is not really smiling much" is none
DENIED = re.compile(
    r"(?:\b(?:does|do|did|is|are|was|were|has|have|can|could) not|\bcannot|\w+n['’]t|\bneither|\bnever|\bno|\bwithout)"
    r"(?: (?:ever|any|an?|signs? of|be seen(?: to)?|seen(?: to)?|seem to|appear to|show|display))*"
    r" ([\w-]+(?: [\w-]+){0,5})$"
)
ALL_ALONG = re.compile(
    r"[\s,.;:!]*(?:(?:at all|anywhere|in (?:the|this) (?:clip|video|recording)|(?:(?:is|are|was|were|can be) )?"
    r"(?:seen|visible|shown|measured|found|observed|detected|present))[\s,.;:!]*)*$"
)
OR = re.compile(r",? n?or ")
REPEATED = re.compile(r"\((\d+)x\b")  # one observation of several nods
TIMES = re.compile(
    rf"\b(?:({number_in_words()}|\d+) times|(twice))\b(?! (?:an?|per|each|every|as|in|faster|slower|more|longer)\b)"
)
A_MINUTE = re.compile(rf"\b({number_in_words()}|\d+) (?:times|blinks|nods) (?:an?|per|each|every) minute\b")
NEAR = 2  # times a minute, between a rate that is told and one that was measured
SO_MANY = re.compile(rf"(?<![\w.-])({number_in_words()}|\d+) (?:\w+ )?(\w+)\b")


class Observed(NamedTuple):
    """A movement that was observed."""

    kinds: frozenset[str]
    person: str | None
    text: str


def denied(text: str, observed: Sequence[Observed], people: Sequence[str]) -> str | None:
    """A movement that a text flatly denies though it was observed; none where it may mean one time or person only."""
    for sentence in sentences(text):
        told = unquoted(sentence)
        theirs = [] if of_a_time(told) else _of(told, observed, people)
        parts = (part for clause in clauses(reported(told)[0].lower()) if denies(clause) for part in _denied_in(clause))
        for act in (act for part in parts for act in movements_alone(part)):
            if any(each.kinds & set(act.kinds) for each in theirs):
                return f"it denies {act.name}, which were observed"
    return None


def overcounted(text: str, observed: Sequence[Observed], people: Sequence[str]) -> str | None:
    """More of a movement than was observed of the one a sentence names, or another rate; fewer may be of a time."""
    for sentence in sentences(text):
        told = unquoted(sentence)
        theirs = _of(told, observed, people)
        for clause in affirmed(reported(told)[0].lower()):
            for number, act in _counts(read_times(clause)[1]):
                seen = [each for each in theirs if each.kinds & set(act.counted)]
                total = sum(max(1, *map(int, REPEATED.findall(each.text) or [1])) for each in seen)
                if seen and number > total:
                    return f"it counts {number} {act.name}, but {total} {'was' if total == 1 else 'were'} observed"
            if problem := _another_rate(clause, theirs):
                return problem
    return None


def _another_rate(clause: str, observed: Sequence[Observed]) -> str | None:
    """A rate of the only movement that a clause names, which is none that was measured."""
    named, told = movements(clause), A_MINUTE.search(clause)
    if told is None or len(named) != 1:
        return None
    texts = (each.text.lower() for each in observed if each.kinds & set(named[0].kinds))
    rates = [_number(match[1]) for text in texts for match in A_MINUTE.finditer(text)]
    if not rates or any(abs(_number(told[1]) - rate) <= NEAR for rate in rates):
        return None
    return f"it tells of {_number(told[1])} {named[0].name} a minute, but {rates[0]} were measured"


def _of(sentence: str, observed: Sequence[Observed], people: Sequence[str]) -> list[Observed]:
    """What was observed of the only one whom a sentence is about."""
    about = named_people(sentence, people) or tuple(people)
    return [each for each in observed if len(about) == 1 and each.person == about[0]]


def _denied_in(clause: str) -> list[str]:
    match = DENIED.search(ALL_ALONG.sub("", clause))
    return OR.split(match[1]) if match else []


def _counts(clause: str) -> list[tuple[int, Topic]]:
    named = movements(clause)
    found = [(_number(m[1] or "two"), named[0]) for m in TIMES.finditer(clause) if len(named) == 1]
    return found + [(_number(m[1]), act) for m in SO_MANY.finditer(clause) for act in movements_alone(m[2])]


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else in_digits(word)
