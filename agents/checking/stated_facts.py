"""What a text states must be in what it cites: a pulse or a voice that was measured, and the time at which it was."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import Field, TypeAdapter

from agents.reading.people import renamed
from agents.reading.quotations import misquoted, reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.times import Time, read_times
from perception.evidence import Frozen

NEAR_S = 1.0  # between a time that is told and what is cited for it
NEAR_BPM = 2.0  # likewise of a pulse: rates are rounded and averaged
SLOWEST_BPM, FASTEST_BPM = 30.0, 220.0  # that can be a pulse
PICTURE, MISSING, UTTERANCE = "picture", "missing", "utterance"  # kinds: of a frame, of why there is nothing, of words
DENIAL = re.compile(
    r"\b(?:no|not|nor|none|nothing|never|neither|without|cannot|abstain\w*|fail\w*|missing|unclear|unknown)\b|n['’]t\b",
    re.IGNORECASE,
)

IDS = re.compile(r"\bau ?\d+\b|\b[a-z][\w:@]*(?:-[a-z]+)*-\d+\b")
NUMBER = re.compile(r"(?<![\w.@])\d+(?:\.\d+)?")
OF_SAMPLES = re.compile(r"\d+(?:\.\d+)? ?(?:samples|db)\b")
CHANGE = re.compile(r" (?:higher|lower|more|less|faster|slower)\b")
OF_SOMETHING_ELSE = re.compile(r" ?(?:%|db\b|of\b|[a-z]{3,}s\b)")  # "30%", "12 samples": what follows such a number


class Ground(NamedTuple):
    """Something that is cited: which kinds of observation or signal it is or rests on, what it says, and its time."""

    kinds: frozenset[str]
    text: str
    start_s: float
    end_s: float


class Measured(Frozen):
    """A measurement as texts name it."""

    words: str
    kinds: frozenset[str]
    unit: str = ""
    per_unit: dict[str, float] = Field(default_factory=dict)


def not_in(text: str, grounds: Sequence[Ground]) -> str | None:
    """What a text states or quotes that is not in what it cites; none where all is. Each sentence stands alone."""
    if not grounds:
        return None
    shown = any(PICTURE in ground.kinds for ground in grounds)
    quoted = misquoted(text, [ground.text for ground in grounds], shown=shown)
    if quoted:
        return f"it quotes {quoted}, which is not said in what it cites"
    told = map(unquoted, sentences(text))
    problems = (_not_measured(one, grounds) or _another_time(one, grounds) for one in told)
    return next((problem for problem in problems if problem), None)


def ground_of_reason(tool: str, reason: str, end_s: float) -> Ground:
    """Why a tool measured nothing, as something cited."""
    return Ground(frozenset({MISSING}), f"the tool {tool} abstained: {reason}", 0.0, end_s)


@cache
def measured() -> dict[str, Measured]:
    """What the data file says, by name."""
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Measured]).validate_python(content)


def _not_measured(text: str, grounds: Sequence[Ground]) -> str | None:
    """A measurement that is spoken of was made; a text that tells no number may deny it, or tell why or who says so."""
    for name, each in measured().items():
        named = _found(each.words, text)
        if named is None:
            continue
        borne = [ground for ground in grounds if ground.kinds & each.kinds]
        others = borne or _reasons_and_words(text, each, grounds)
        if each.unit and (value := _another_value(text, each, others)):
            return f"it tells a {name} of {value}, but cites another" if borne else f"it tells a {name}, but cites none"
        if not others and not DENIAL.search(text):
            return f"{named[0]!r}: it cites no {name}"
    return None


def _reasons_and_words(text: str, each: Measured, grounds: Sequence[Ground]) -> list[Ground]:
    """What speaks of a measurement without being one: why there is none; and, for what a text only reports, words."""
    itself, told = reported(text)
    only_told = _found(each.words, told) and not _found(each.words, itself)
    kinds = {MISSING, UTTERANCE} if only_told else {MISSING}
    return [ground for ground in grounds if ground.kinds & kinds and _found(each.words, ground.text)]


def _another_value(text: str, each: Measured, grounds: Sequence[Ground]) -> str | None:
    """A number that is none of the values that are cited, nor between two of them; changes are left out."""
    values = [rate for ground in grounds for rate in _rates(ground, each)]
    numbers = {float(n) for ground in grounds for n in NUMBER.findall(ground.text)}
    left = IDS.sub(" ", read_times(renamed(text, " "))[1])
    for match in NUMBER.finditer(left):
        value, rest = float(match[0]), left[match.end() :]
        unit = re.match(rf" ?({each.unit})\b", rest)
        after = rest[unit.end() :] if unit else rest
        change = left[: match.start()].endswith("by ") or CHANGE.match(after)
        if change or (not unit and (value in numbers or OF_SOMETHING_ELSE.match(rest))):
            continue
        value *= each.per_unit.get(unit[1], 1.0) if unit else 1.0
        if not values or not min(values) - NEAR_BPM <= value <= max(values) + NEAR_BPM:
            return f"{value:g}"
    return None


def _rates(ground: Ground, each: Measured) -> list[float]:
    """Numbers of something cited that can be rates; times and counts of samples left out."""
    bare = OF_SAMPLES.sub(" ", read_times(ground.text)[1])
    return [n for n in map(float, NUMBER.findall(bare)) if SLOWEST_BPM <= n <= FASTEST_BPM]


def _another_time(text: str, grounds: Sequence[Ground]) -> str | None:
    """Each time told is that of something cited, or nearly; one at which nothing was may be any."""
    if DENIAL.search(text):
        return None
    apart = (time for time in read_times(text)[0] if not _cited_then(time, grounds))
    time = next(apart, None)
    return f"it tells of {time}, but cites nothing of then" if time else None


def _cited_then(time: Time, grounds: Sequence[Ground]) -> bool:
    """Whether something cited happens then; where it may be meant how long it lasts, whether something cited does."""
    longest_s = max(ground.end_s - ground.start_s for ground in grounds)
    if time.how in ("length", "last") or (time.how in ("loose", "first") and time.end_s <= longest_s + NEAR_S):
        return True
    start_s = time.end_s if time.how == "until" else time.start_s
    return any(start_s - NEAR_S <= ground.end_s and time.end_s + NEAR_S >= ground.start_s for ground in grounds)


def _found(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(rf"(?<![a-z])(?:{pattern})\b", text, re.IGNORECASE)
