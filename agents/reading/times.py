"""The times that a text tells, however they are written: "at 12 s", "0:12", "from 50 s on", "minute 3", "50000 ms"."""

import math
import re
from functools import cache
from typing import Literal, NamedTuple

from agents.reading.numbers import in_digits, number_in_words

# loose: a time or a length, it is not said which; until: only its end is told; first, last: seconds of the clip
How = Literal["moment", "stretch", "after", "before", "until", "first", "last", "loose", "length"]

NUMBER = r"(?<![\w.:@])\d+(?:\.\d+)?"
SECOND, MINUTE, MILLISECOND = r"(?:s|secs?|seconds?)\b", r"(?:mins?|minutes?)\b", r"(?:ms|msecs?|milliseconds?)\b"
CLOCK = re.compile(r"\b(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)\b(?:\s*s\b)?")
MINUTES = re.compile(rf"({NUMBER})(?:m(?![a-z])|[ -]?{MINUTE})(?:\s*(?:and\s+)?(\d+(?:\.\d+)?)[ -]?{SECOND})?")
TO = r"(?:to|until|till|-|–)"
WITH_ITS_UNIT = re.compile(rf"({NUMBER})(?=\s*(?:and|or|{TO})\s*\d+(?:\.\d+)?\s*({MILLISECOND}|{MINUTE}))")

UNIT = rf"(?:{SECOND}|{MINUTE}|{MILLISECOND})"
THOUSANDS = re.compile(rf"(?<=\d),(?=\d{{3}}[ -]?{MILLISECOND})")
DECIMAL_COMMA = re.compile(rf"(?<=\d),(?=\d+(?:\s*(?:and|or|{TO})\s*\d+(?:[.,]\d+)?)?[ -]?{UNIT})")

ROUGHLY = (
    r"(?:(?:about|around|roughly|approximately|approx\.?|exactly|precisely|some|almost|nearly|only|just"
    r"|at least|at most|up to|over|under|more than|less than|the|a|time|moment|mark|of|at) )*"
)
LASTING = rf"\b(?:for|last\w*|every|each|another|takes?|took|per|(?<!time )of|(?<!later )(?<!earlier )than) {ROUGHLY}"
RHYTHM = r"(?:long|apart|each|every|in length|intervals?|pauses?|windows?)\b"
SPAN = re.compile(
    rf"(?P<length>{LASTING})?(?:\b(?P<between>between|from) {ROUGHLY}(?P<a>{NUMBER})(?: s)?\s*(?:and|{TO})\s*"
    rf"{ROUGHLY}(?P<b>\d+(?:\.\d+)?) s\b|(?P<c>{NUMBER})(?: s)?\s*{TO}\s*(?P<d>\d+(?:\.\d+)?) s\b)(?! {RHYTHM})"
)
EDGE = re.compile(  # "the nods last 2 s" tells a length
    rf"(?:\b(?:in |during |for )?(?:the )?(?=first)|(?:^|\b(?:in|during|for|the) ))(first|last) ({NUMBER}) s\b"
)
SIDE = re.compile(rf"\b(after|since|from|before|until|till) {ROUGHLY}({NUMBER}) s\b(?! of\b)(?: on(?:wards?)?\b)?")
LENGTH = re.compile(rf"\b(?:within|over) {ROUGHLY}{NUMBER} s\b|{LASTING}{NUMBER} s\b")
MOMENT = re.compile(
    rf"\b(?:at|around|near) {ROUGHLY}((?:{NUMBER}(?: s)?(?:\s?, (?:and )?| (?:and|or) ))*{NUMBER}) s\b(?! {RHYTHM})"
)
DISTANCE = re.compile(rf"{NUMBER} s (?:{RHYTHM}|(?:later|after|before|earlier)\b)")
PLACE = re.compile(
    r"\b(?:at|in|near|towards?|around|by)\s+the\s+(?:very\s+)?(beginning|start|middle|end|(?:first|second) half)\b"
    r"(?:\s+of\s+the\s+(\w+))?"
)
PASSING = re.compile(  # words of a time at which there may be another than at others
    r"\b(?:first|then|later|last|end|ends|start|starts|begin\w*|middle|half|initially|sometimes|mostly|while|when|until"
    r"|before|after|still|once|always|throughout|longer|yet|now|here|during|again)\b",
    re.IGNORECASE,
)
LOOSE = re.compile(rf"({NUMBER}) s\b")


class Time(NamedTuple):
    """A time or length in seconds, and how it is told."""

    how: How
    start_s: float
    end_s: float

    @property
    def is_point(self) -> bool:
        """Whether it is one moment."""
        return self.how in ("moment", "loose") and self.start_s == self.end_s

    @property
    def reaches_s(self) -> float:
        """How long a clip must be to have it; "in the first 50 s" and "before 50 s" are all of a shorter one."""
        if self.how == "after":
            return self.start_s
        return self.end_s if self.how in ("moment", "stretch", "loose") else 0.0

    def __str__(self) -> str:
        if self.how == "last":
            return f"the last {self.end_s:g} s"
        if math.isinf(self.end_s):
            return f"{self.start_s:g} s and later"
        return f"{self.start_s:g} s" if self.start_s == self.end_s else f"{self.start_s:g}-{self.end_s:g} s"


def read_times(text: str) -> tuple[list[Time], str]:
    """The times that a text tells, stretches first, and the text in lower case without them."""
    left, times = in_seconds(text), list[Time]()
    for pattern in (SPAN, EDGE, SIDE, LENGTH, MOMENT, DISTANCE, LOOSE):
        times += [time for match in pattern.finditer(left) for time in _read(pattern, match)]
        left = pattern.sub(" ", left)
    return times, left


def of_a_time(text: str) -> bool:
    """Whether a text may tell of one time only, however that is said."""
    return bool(read_times(text)[0] or PASSING.search(text))


def in_seconds(text: str) -> str:
    """A text in lower case in which every time is written as "12.5 s"."""
    text = " ".join(text.lower().split())
    text = _worded().sub(lambda m: str(in_digits(m[0])), text)
    text = THOUSANDS.sub("", text)
    text = DECIMAL_COMMA.sub(".", text)
    text = CLOCK.sub(lambda m: f"{int(m[1] or 0) * 3600 + int(m[2]) * 60 + float(m[3]):g} s", text)
    text = WITH_ITS_UNIT.sub(r"\1 \2", text)
    text = MINUTES.sub(lambda m: f"{float(m[1]) * 60 + float(m[2] or 0):g} s", text)
    text = re.sub(rf"\bminutes? ({NUMBER})\b", lambda m: f"{float(m[1]) * 60:g} s", text)
    text = re.sub(rf"({NUMBER})[ -]?{MILLISECOND}", lambda m: f"{float(m[1]) / 1000:g} s", text)
    text = re.sub(rf"({NUMBER})[ -]?{SECOND}", r"\1 s", text)
    text = re.sub(rf"\bseconds? ({NUMBER})\b", r"\1 s", text)
    return re.sub(rf"\bt ?= ?(?={NUMBER} s\b)", "at ", text)


def _read(pattern: re.Pattern[str], match: re.Match[str]) -> list[Time]:
    if pattern is SPAN:
        start_s, end_s = sorted((float(match["a"] or match["c"]), float(match["b"] or match["d"])))
        how: How = "length" if match["length"] else "stretch" if match["between"] else "loose"
        return [Time(how, start_s, end_s)]
    if pattern is EDGE:
        return [Time("first" if match[1] == "first" else "last", 0.0, float(match[2]))]
    if pattern is SIDE:
        return [_side(match[1], float(match[2]))]
    if pattern in (MOMENT, LOOSE):
        how = "moment" if pattern is MOMENT else "loose"
        return [Time(how, float(n), float(n)) for n in re.findall(NUMBER, match[1])]
    return [Time("length", 0.0, 0.0)]


def _side(word: str, at_s: float) -> Time:
    if word in ("after", "since", "from"):
        return Time("after", at_s, math.inf)
    return Time("before" if word == "before" else "until", 0.0, at_s)


@cache
def _worded() -> re.Pattern[str]:
    number = number_in_words()
    return re.compile(rf"\b{number}(?=(?: (?:and|or|{TO}) (?:{number}|\d+(?:\.\d+)?))?[ -]{UNIT})")
