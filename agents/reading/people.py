"""The people whom a text names: "P2", "person 2", "person two", "the second person"."""

import re
from collections.abc import Sequence
from functools import cache

from agents.reading.numbers import worded


def named_people(text: str, ids: Sequence[str] = ()) -> tuple[str, ...]:
    """The ids of those who are named, each once; `ids` are found as well where they are not numbered as P1, P2."""
    found = [f"P{_number(m)}" for m in _pattern().finditer(text)]
    found += [person for person in ids if re.search(rf"\b{re.escape(person)}\b", text, re.IGNORECASE)]
    return tuple(dict.fromkeys(found))


def renamed(text: str, name: str) -> str:
    """The text with another name, or none, in the place of each person."""
    return _pattern().sub(name, text)


def _number(match: re.Match[str]) -> int:
    said = next(group for group in match.groups() if group).lower()
    return worded().numbers.get(said) or worded().ordinals.get(said) or int(said)


@cache
def _pattern() -> re.Pattern[str]:
    ordinals, numbers = "|".join(worded().ordinals), "|".join(worded().numbers)
    return re.compile(
        rf"\bp[ -]?(\d+)\b(?!\.\d)|\b(?:the\s+)?person\s+(?:number\s+|no\.?\s*|#\s*)?(\d+|{numbers})\b(?!\.\d)"
        rf"|\b(?:the\s+)?(?:(\d+)(?:st|nd|rd|th)|({ordinals}))\s+person\b",
        re.IGNORECASE,
    )
