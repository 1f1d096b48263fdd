"""Numbers that are written in words: "seven", "twenty-five", "a hundred and ten"."""

import re
from functools import cache
from pathlib import Path

import yaml

from perception.evidence import Frozen

HUNDRED = 100


class Worded(Frozen):
    """Words for numbers and for places in an order."""

    numbers: dict[str, int]
    ordinals: dict[str, int]


@cache
def worded() -> Worded:
    """What the data file says."""
    return Worded.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


@cache
def number_in_words() -> str:
    """A regular expression, without groups that capture, of a number from 1 to 999 in lower case."""
    numbers = worded().numbers
    tens, ones = "|".join(w for w, n in numbers.items() if n >= 20), "|".join(w for w, n in numbers.items() if n < 10)
    below = rf"(?:(?:{tens})(?:[ -](?:{ones}))?|{'|'.join(numbers)})\b"
    return rf"(?:(?:a|{ones}) hundred(?: (?:and )?{below})?|{below})"


def in_digits(words: str) -> int:
    """The number that words stand for, as `number_in_words` finds them."""
    total = 0
    for word in re.findall(r"[a-z]+", words):
        total = max(total, 1) * HUNDRED if word == "hundred" else total + worded().numbers.get(word, 0)
    return total
