"""The people whom a text names ("P2", "person 2", "the second person"), and how many it tells of."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from agents.reading.denials import clauses
from agents.reading.numbers import in_digits, number_in_words, worded
from agents.reading.quotations import own_words
from agents.reading.sentences import sentences
from agents.reading.times import of_a_time
from perception.evidence import Frozen

NAME = "P0"  # in the place of whoever is named
ABSENT = re.compile(
    rf"(?:\b(?:no|not any|without(?: an?y?)?)|n['’]t any) {NAME}\b"
    rf"|\b{NAME} (?:is|was) (?:not|never)(?: to be)?(?: \w+ly)? (?:in|there|here|present|visible|seen|shown|part of)\b",
    re.IGNORECASE,
)

HEDGED = re.compile(
    r"\b(?:whether|may|might|could|perhaps|possibly|maybe|unknown|unclear|not (?:known|clear|certain))\b", re.IGNORECASE
)
SOMEBODY = re.compile(rf"\b(?:an?|any|some) {NAME}\b", re.IGNORECASE)


class PeopleWords(Frozen):
    """The file of words."""

    one: str
    many: str
    two: tuple[str, ...]
    all: tuple[str, ...]


def named_people(text: str, ids: Sequence[str] = ()) -> tuple[str, ...]:
    """The ids of those who are named, each once; `ids` are found as well where they are not numbered as P1, P2."""
    found = [f"P{_number(m)}" for m in _pattern().finditer(text)]
    found += [person for person in ids if re.search(rf"\b{re.escape(person)}\b", text, re.IGNORECASE)]
    return tuple(dict.fromkeys(found))


def people_told(text: str) -> int:
    """How many people a text tells of at least, without naming them: "both people", "the second man"; 0: of none."""
    counts = [2] if any(re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE) for pattern in _words().two) else []
    ordinal = rf"\b(?:the|a) (?:({'|'.join(worded().ordinals)})|(\d+)(?:st|nd|rd|th)) (?:{_words().one})\b"
    for match in re.finditer(ordinal, text.lower()):
        counts.append(worded().ordinals[match[1]] if match[1] else int(match[2]))
    for match in re.finditer(rf"\b({_count()}) {_words().many}\b", text.lower()):
        counts.append(_counted(match[1]))
    return max(counts, default=0)


def people_in_all(text: str) -> int | None:
    """How many people a text says that there are, no more and no fewer: "two people are in view"; none: it does not.

    Whoever is there at one time only is not all.
    """
    if of_a_time(text):
        return None
    matches = (re.search(rf"\b(?:{pattern})", text.lower()) for pattern in _words().all)
    return next((_counted(match["number"]) for match in matches if match), None)


def renamed(text: str, name: str) -> str:
    """The text with another name, or none, in the place of each person."""
    return _pattern().sub(name, text)


def said_to_be_absent(name: str, text: str) -> bool:
    """Whether a text says no more of somebody than that nobody is there, or somebody may be.

    "There is no P3", "P3 is not seen", "it is unknown whether a second person is there".
    """
    told = [one for sentence in sentences(own_words(text)) for one in clauses(sentence) if name in named_people(one)]
    each = ((one, renamed(one, NAME)) for one in told)
    return all(ABSENT.search(plain) or (hedged(one) and SOMEBODY.search(plain)) for one, plain in each)


def hedged(text: str) -> bool:
    """Whether a text leaves open what it tells: "may", "whether", "unknown"."""
    return HEDGED.search(text) is not None


def _number(match: re.Match[str]) -> int:
    said = next(group for group in match.groups() if group).lower()
    return worded().numbers.get(said) or worded().ordinals.get(said) or int(said)


def _count() -> str:
    return rf"{number_in_words()}|a single|\d+"


def _counted(number: str) -> int:
    return int(number) if number.isdecimal() else in_digits(number) or 1


@cache
def _words() -> PeopleWords:
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    meant = {"{one}": content["one"], "{many}": content["many"], "{number}": f"(?P<number>{_count()})"}

    def filled(pattern: str) -> str:
        return re.sub(r"\{(?:one|many|number)\}", lambda word: meant[word[0]], pattern)

    return PeopleWords.model_validate({**content, **{key: [filled(p) for p in content[key]] for key in ("two", "all")}})


@cache
def _pattern() -> re.Pattern[str]:
    ordinals, numbers = "|".join(worded().ordinals), "|".join(worded().numbers)
    return re.compile(
        rf"\bp[ -]?(\d+)\b(?!\.\d)|\b(?:the\s+)?person\s+(?:number\s+|no\.?\s*|#\s*)?(\d+|{numbers})\b(?!\.\d)"
        rf"|\b(?:the\s+)?(?:(\d+)(?:st|nd|rd|th)|({ordinals}))\s+person\b",
        re.IGNORECASE,
    )
