"""What a sentence denies and what it states: "P1 does not smile | he frowns"."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from perception.evidence import Frozen

LONGEST_OPENING = 8  # words, such as "between 2 and 5 s"
CUT = "\n"


class Denials(Frozen):
    """The file of words."""

    denials: tuple[str, ...]
    idioms: tuple[str, ...]
    clauses: tuple[str, ...]
    bare: str
    somebody: str
    openings: str
    sharing: str


def denies(text: str) -> bool:
    """Whether a text denies anything; "no doubt" and "nothing but" do not."""
    return bool(_any(_file().denials).search(without_idioms(text)))


def without_idioms(text: str) -> str:
    """A text without such phrases as "no doubt", which have a word of denial or of doubt and tell of neither."""
    return _any(_file().idioms).sub(" ", _plain(text))


def affirmed(sentence: str) -> list[str]:
    """The sentence where it denies nothing; else those of its clauses that deny nothing."""
    return [clause for clause in clauses(sentence) if not denies(clause)] if denies(sentence) else [sentence]


def clauses(sentence: str) -> list[str]:
    """The clauses of a sentence, as far as a list of words can tell where one ends; "at 9 s, he ..." is one."""
    text = re.sub(_file().bare, rf"\1{CUT}", _any(_file().clauses).sub(CUT, _plain(sentence)), flags=re.IGNORECASE)
    joined = list[str]()
    for piece in text.split(CUT):
        if joined and _opens(joined[-1]):
            joined[-1] += f" {piece}"
        else:
            joined.append(piece)
    return joined


def sharing(sentence: str) -> list[str]:
    """A sentence cut only where somebody else is spoken of: "the pulse was sought, but not found" stays whole."""
    return re.split(_file().sharing, _plain(sentence), flags=re.IGNORECASE)


def _opens(piece: str) -> bool:
    """Whether words only say when or of what the next ones are."""
    who = re.search(r"\b(?:he|she|they|p ?\d+)\b(?!')", piece, re.IGNORECASE)
    return len(piece.split()) <= LONGEST_OPENING and not who and bool(_any([rf"^\W*{_file().openings}"]).search(piece))


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


@cache
def _file() -> Denials:
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    filled = tuple(one.replace("{somebody}", content["somebody"]) for one in content["clauses"])
    return Denials.model_validate({**content, "clauses": filled})


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return _compiled(tuple(patterns))


@cache
def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)
