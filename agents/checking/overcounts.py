"""More of a movement than was observed, or another rate of it."""

import re
from collections.abc import Iterator, Sequence

from agents.checking.counter_evidence import Observed, observed_of
from agents.reading.denials import affirmed
from agents.reading.numbers import in_digits, number_in_words
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.times import read_times
from agents.searching.question import Topic, movements, movements_alone, repetitions

N = rf"({number_in_words()}|\d+)"
RANGE = re.compile(rf"\b{N} ?(?:to|or|-|–) ?{N}\b(?! s\b)")  # of which the lower end holds
ACTION_UNITS = re.compile(r"\b(?:aus?|action units?) ?\d+(?:\s*(?:[+,/&]|and|or)\s*(?:au ?)?\d+)*")
TIMES = re.compile(
    rf"\b(?:{N} (?:times|occasions)|(\d+) ?x|(twice))\b(?! (?:an?|per|each|every|as|in|faster|slower|more|longer)\b)"
)
OTHER = re.compile(r"[,:]|\b(?:and|or|while|whereas|as|but|then|when|who)\b")  # after which another act may be told
A_MINUTE = re.compile(rf"\b{N}(?: (times|blinks|nods))?(?: (?:an?|per|each|every) |/ ?)min(?:ute)?\b")
TO_A_RATE = re.compile(
    r"(?:[\s,]+(?:at|about|around|roughly|approximately|some|nearly|almost|only|just|rate|is|was|of|an?|the|on average"
    r"|more than|at least|over))*\s*$"
)
COMPARED = re.compile(
    r"\b(?:than|usual\w*|normal\w*|typical\w*|average|below|above|under|over|to|and)(?: (?:the|a))*\s*$"
)
AS_USUAL = re.compile(
    r"\W*(?:that |which )?(?:is|are|being)(?: \w+ly)? (?:usual|normal|typical|common|average|expected)"
)
FEWER = re.compile(
    r"\b(?:(?:fewer|less|no more|not more) than|at most|up to|under|below|almost|nearly|usual|of|or)(?: the)?\s*$"
)
NEAR = 2  # times a minute, between a rate that is told and one that was measured
SO_MANY = re.compile(rf"(?<![\w.+/-]){N} (?=(\w+)(?: (\w+))?)")


def overcounted(
    text: str, observed: Sequence[Observed], people: Sequence[str], asked_of: str | None = None
) -> str | None:
    """More of a movement than was observed of the one a sentence names, or another rate; fewer may be of a time.

    All kinds that the movement's name covers are counted together: who tells inner and outer brows apart counts both.

    Args:
        text: of an answer or a narrative.
        observed: all movements.
        people: ids of those who are there.
        asked_of: of whom a sentence is that names nobody; none: of the only one who is there.
    """
    for sentence in sentences(text):
        told = unquoted(sentence)
        theirs = observed_of(told, observed, people, asked_of)
        for clause in affirmed(reported(told)[0].lower()):
            for number, act in _counts(RANGE.sub(r"\1", read_times(clause)[1])):
                kinds = {kind for kind in (*act.kinds, *act.counted) if not kind.endswith("_rate")}
                total = sum(repetitions(each.text) for each in theirs if each.kinds & kinds)
                if total and number > total:
                    return f"it counts {number} {act.name}, but {total} {'was' if total == 1 else 'were'} observed"
            if problem := _another_rate(clause, theirs):
                return problem
    return None


def _another_rate(clause: str, observed: Sequence[Observed]) -> str | None:
    """A rate of a movement that is none that was measured; one that is only compared with is none that is told."""
    lower_ends = RANGE.sub(r"\1", clause)
    for match in A_MINUTE.finditer(lower_ends):
        before = lower_ends[: match.start()]
        told = movements_alone(match[2] or "") or _just_told(before)
        if not told or COMPARED.search(before) or AS_USUAL.match(lower_ends[match.end() :]):
            continue
        texts = (each.text.lower() for each in observed if each.kinds & set(told[0].kinds))
        rates = [_number(rate[1]) for text in texts for rate in A_MINUTE.finditer(text)]
        if rates and all(abs(_number(match[1]) - rate) > NEAR for rate in rates):
            return f"it tells of {_number(match[1])} {told[0].name} a minute, but {rates[0]} were measured"
    return None


def _just_told(before: str) -> tuple[Topic, ...]:
    """The movement whose rate the next words tell: "blinks at about"."""
    words = TO_A_RATE.sub("", before).split()
    return movements_alone(words[-1]) if words else ()


def _counts(clause: str) -> Iterator[tuple[int, Topic]]:
    """Each number of times, where it is clear of which movement it is."""
    for match in TIMES.finditer(clause):
        before, after = clause[: match.start()], clause[match.end() :]
        named, next_to_it = movements(before), movements(OTHER.split(before)[-1])
        if not before.strip(" ,"):
            named = next_to_it = movements(OTHER.split(after)[0])
        elif movements(" ".join(after.split()[:2])) and not re.match(r"\s*(?:,|and\b)", after):
            continue
        if len(named) == len(next_to_it) == 1 and not FEWER.search(before):
            yield _number(match[1] or match[2] or "two"), named[0]
    bare = A_MINUTE.sub(" ", ACTION_UNITS.sub(" ", clause))
    for match in SO_MANY.finditer(bare):
        plural = next((acts for word in match.groups()[1:] if word and (acts := _plural(word))), ())
        if not FEWER.search(bare[: match.start()]):
            yield from ((_number(match[1]), act) for act in plural)


def _plural(word: str) -> tuple[Topic, ...]:
    return movements_alone(word) if word.endswith("s") else ()


def _number(word: str) -> int:
    return int(word) if word.isdecimal() else in_digits("two" if word == "twice" else word)
