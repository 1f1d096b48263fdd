"""What is not judged, whoever asks or claims it: honesty, health, identity, worth and fitness of a person."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from agents.reading.quotations import unquoted
from perception.evidence import Frozen

WHO = r"(?:p\d+|who|person \d+|he|she|they|(?:the|this|that) (?:man|woman|person|guy|girl|boy|lady|speaker|child))"
IS = r"(?:is|are|was|were|looks?|seems?|appears?|sounds?|(?:may|might|could|must|would) be)"
ASKS = r"(?:is|are|was|were|does|do|did|might|could|would|must)"
HOW = (
    r"(?:(?:not|to be|be|look|seem|appear|sound|an?|very|rather|quite|so|too|really|visibly|clearly|probably|perhaps"
    r"|maybe|originally) )*"
)
SOMEBODY = r"(?:man|woman|person|people|guy|girl|boy|lady|male|female|child)"
ASIDE = r"\W*(?:(?:and|so|or|is|are|he|she|they|p\d+) )*"  # what a question of one word may begin with


class Unjudged(Frozen):
    """Something that nothing here can tell."""

    about: str
    words: tuple[str, ...] = ()
    of_people: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    cased: tuple[str, ...] = ()


class UnjudgedWords(Frozen):
    """The file of words."""

    words_of_others: str
    spared: str
    unjudged: tuple[Unjudged, ...]


def judged(text: str) -> str | None:
    """What a claim or sentence judges that is not to be judged, outside of quotations; none where it does not."""
    told = unquoted(text)
    found = _first(_spared(told), _said()) or _first(" ".join(told.split()), _cased())
    return f"{found[1]!r}: {found[0]} is not judged" if found else None


def asked_to_judge(question: str) -> str | None:
    """What a question asks to be judged that is not to be judged; none where it does not, or asks what someone says."""
    asked = re.sub(_file().words_of_others, " ", _spared(unquoted(question)))
    found = _first(asked, (*_said(), *_asked()))
    return found[0] if found else None


def what_is_unjudged() -> tuple[Unjudged, ...]:
    """What the data file says."""
    return _file().unjudged


@cache
def _file() -> UnjudgedWords:
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return UnjudgedWords.model_validate(content)


def _spared(text: str) -> str:
    """A plain text without wordings that sound like a judgement and are none."""
    return re.sub(_file().spared, " ", _plain(text))


def _plain(text: str) -> str:
    """In lower case, with one kind of apostrophe, and "who's", "isn't" in full."""
    plain = " ".join(text.lower().replace("’", "'").split())
    plain = re.sub(r"\b(who|what|where|how|he|she|it|that|this|there)'s\b", r"\1 is", plain)
    return re.sub(r"\bcan't\b|(?<=[a-z])n't\b", lambda m: "cannot" if m[0] == "can't" else " not", plain)


def _first(text: str, patterns: Iterable[tuple[str, re.Pattern[str]]]) -> tuple[str, str] | None:
    """What the first pattern that is found is about, and the words found."""
    return next(((about, found[0].strip()) for about, pattern in patterns if (found := pattern.search(text))), None)


@cache
def _said() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Patterns that count wherever they stand."""
    patterns = []
    for each in what_is_unjudged():
        of_people = "|".join(each.of_people)
        told = [
            rf"\b{WHO} {IS} {HOW}(?:{of_people})\b(?!-)",
            rf"\b{ASKS} {WHO} {HOW}(?:{of_people})\b(?!-)",
            rf"\b(?:{of_people}) {SOMEBODY}\b",
        ]
        pattern = "|".join((*(rf"\b(?:{word})\b" for word in each.words), *(told if each.of_people else ())))
        patterns.append((each.about, re.compile(pattern)))
    return tuple(patterns)


@cache
def _asked() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Patterns that count in questions."""
    patterns = []
    for each in what_is_unjudged():
        alone = [rf"^{ASIDE}(?:{'|'.join(each.of_people)})\W*$"] if each.of_people else []
        patterns += [(each.about, re.compile("|".join((*(rf"\b(?:{word})\b" for word in each.asked), *alone))))]
    return tuple((about, pattern) for about, pattern in patterns if pattern.pattern)


@cache
def _cased() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Patterns over a claim as it is written."""
    return tuple((each.about, re.compile("|".join(each.cased))) for each in what_is_unjudged() if each.cased)
