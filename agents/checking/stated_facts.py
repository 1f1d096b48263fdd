"""What a text states must be in what it cites: a pulse or a voice that was measured, and the time at which it was."""

import math
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import Field

from agents.reading.denials import affirmed, denies, sharing
from agents.reading.numbers import in_digits, number_in_words
from agents.reading.people import renamed
from agents.reading.quotations import misquoted, reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.times import PLACE, Time, read_times
from perception.evidence import Frozen

NEAR_S = 1.0  # between a time that is told and what is cited for it
NEAR_BPM = 2.0  # likewise of a pulse: rates are rounded and averaged
SLOWEST_BPM, FASTEST_BPM = 30.0, 220.0  # that can be a pulse
PICTURE, MISSING, UTTERANCE = "picture", "missing", "utterance"  # kinds: of a frame, of why there is nothing, of words
IDS = re.compile(r"\bau ?\d+\b|\b[a-z][\w:@]*(?:-[a-z]+)*-\d+\b")
NUMBER = re.compile(r"(?<![\w.@])\d+(?:\.\d+)?")
OF_SAMPLES = re.compile(r"\d+(?:\.\d+)? ?(?:samples|db)\b")
CHANGE = re.compile(r" (?:higher|lower|more|less|faster|slower)\b")
OF_SOMETHING_ELSE = re.compile(
    r" ?(?:%|per ?cent\b|db\b|of\b|[a-z]{3,}s\b)"
)  # "30%", "12 samples": what follows such a number
CLIP_ENDS = re.compile(
    r"\b(?:clip|video|recording)\b.*\b(?:ends?|lasts?|long|over|beyond|reach\w*|short\w*)\b", re.IGNORECASE
)


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


class StatedFacts(Frozen):
    """The file of words."""

    lacking: str
    measured: dict[str, Measured]


def not_in(text: str, grounds: Sequence[Ground], end_s: float = math.inf) -> str | None:
    """What a text states or quotes that is not in what it cites; none where all is. Each sentence stands alone.

    Args:
        text: of a claim, an answer or a narrative.
        grounds: all that it cites; nothing is held against none.
        end_s: of the clip; even a denial tells no later time.
    """
    if not grounds:
        return None
    shown = any(PICTURE in ground.kinds for ground in grounds)
    quoted = misquoted(text, [ground.text for ground in grounds], shown=shown)
    if quoted:
        return f"it quotes {quoted}, which is not said in what it cites"
    told = map(unquoted, sentences(text))
    problems = (_not_measured(one, grounds) or another_time(one, grounds, end_s) for one in told)
    return next((problem for problem in problems if problem), None)


def ground_of_reason(tool: str, reason: str, end_s: float) -> Ground:
    """Why a tool measured nothing, as something cited."""
    return Ground(frozenset({MISSING}), f"the tool {tool} abstained: {reason}", 0.0, end_s)


@cache
def _file() -> StatedFacts:
    """What the data file says."""
    return StatedFacts.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


def _not_measured(text: str, grounds: Sequence[Ground]) -> str | None:
    """A measurement that is spoken of was made; a text that tells no number may deny it, or tell why or who says so."""
    for name, each in _file().measured.items():
        named = _found(each.words, text)
        if named is None:
            continue
        borne = [ground for ground in grounds if ground.kinds & each.kinds]
        reasons, said = _speaking_of(each, MISSING, grounds), _words(text, each, grounds)
        if each.unit and (value := _another_value(text, each, borne or [*reasons, *said])):
            return f"it tells a {name} of {value}, but cites another" if borne else f"it tells a {name}, but cites none"
        if not (borne or said) and _told(text, each, why=bool(reasons)):
            return f"{named[0]!r}: it cites no {name}"
    return None


def _words(text: str, each: Measured, grounds: Sequence[Ground]) -> list[Ground]:
    """What someone says of a measurement, where a text only reports that."""
    itself, told = reported(text)
    only_told = _found(each.words, told) and not _found(each.words, itself)
    return _speaking_of(each, UTTERANCE, grounds) if only_told else []


def _speaking_of(each: Measured, kind: str, grounds: Sequence[Ground]) -> list[Ground]:
    """What of one kind names a measurement."""
    return [ground for ground in grounds if kind in ground.kinds and _found(each.words, ground.text)]


def _told(text: str, each: Measured, *, why: bool) -> bool:
    """Whether a text tells of a measurement without denying it or, where it may, telling why there is none."""
    naming = (part for part in sharing(text) if _found(each.words, part))
    return any(not denies(part) and not (why and _found(_file().lacking, part)) for part in naming)


def _another_value(text: str, each: Measured, grounds: Sequence[Ground]) -> str | None:
    """A number that is none of the values that are cited, nor between two of them; changes are left out."""
    values = [rate for ground in grounds for rate in _rates(ground, each)]
    numbers = {float(n) for ground in grounds for n in NUMBER.findall(ground.text)}
    left = _with_digits(IDS.sub(" ", read_times(renamed(text, " "))[1]), each)
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


def _with_digits(text: str, each: Measured) -> str:
    """A text in lower case with digits for numbers in words that can be a value: they are large, or have its unit."""

    def digits(match: re.Match[str]) -> str:
        value = in_digits(match[0])
        of_unit = re.match(rf" ?(?:{each.unit})\b", text[match.end() :])
        return str(value) if of_unit or value >= SLOWEST_BPM else match[0]

    return re.sub(rf"\b{number_in_words()}", digits, text)


def _rates(ground: Ground, each: Measured) -> list[float]:
    """Numbers of something cited that can be rates; times and counts of samples left out."""
    bare = OF_SAMPLES.sub(" ", read_times(ground.text)[1])
    return [n for n in map(float, NUMBER.findall(bare)) if SLOWEST_BPM <= n <= FASTEST_BPM]


def another_time(text: str, grounds: Sequence[Ground], end_s: float) -> str | None:
    """What is wrong with a sentence's times: each is that of something cited, or nearly.

    One at which nothing was may be any of the clip's.
    """
    affirmations = affirmed(text)
    times = [time for clause in affirmations for time in (*read_times(clause)[0], *_places(clause, end_s))]
    told = [time for time in times if not _cited_then(time, grounds, end_s)]
    late = [] if CLIP_ENDS.search(text) else [t for t in read_times(text)[0] if t.reaches_s > end_s + NEAR_S]
    time = next((t for t in (*told, *late) if not _of_a_reason(t, grounds)), None)
    return f"it tells of {time}, but cites nothing of then" if time else None


def _places(text: str, end_s: float) -> list[Time]:
    """Thirds and halves of the clip that a text tells; "at the end of the sentence" is none."""
    if math.isinf(end_s):
        return []
    shares = {"beginning": (0, 1 / 3), "start": (0, 1 / 3), "middle": (1 / 3, 2 / 3), "end": (2 / 3, 1)}
    shares |= {"first half": (0, 1 / 2), "second half": (1 / 2, 1)}
    found = (match for match in PLACE.finditer(text.lower()) if match[2] in (None, "clip", "video", "recording"))
    places = (shares[match[1]] for match in found if not match[0].startswith("in the end"))
    return [Time("stretch", round(a * end_s, 1), round(b * end_s, 1)) for a, b in places]


def _of_a_reason(time: Time, grounds: Sequence[Ground]) -> bool:
    """Whether it may be a length that a reason tells: "a pulse needs 30 s"."""
    reasons = [ground.text for ground in grounds if MISSING in ground.kinds]
    return time.how == "loose" and any(time.end_s in map(float, NUMBER.findall(reason)) for reason in reasons)


def _cited_then(time: Time, grounds: Sequence[Ground], end_s: float) -> bool:
    """Whether something cited happens then; where it may be meant how long it lasts, whether something cited does."""
    longest_s = max(ground.end_s - ground.start_s for ground in grounds)
    if time.how == "last" and not math.isinf(end_s):
        return any(ground.end_s >= end_s - time.end_s - NEAR_S for ground in grounds)
    if time.how == "loose" and abs(time.end_s - end_s) <= NEAR_S:  # as long as the clip: "three blinks in 14 s"
        return True
    if time.how in ("length", "last") or (time.how in ("loose", "first") and time.end_s <= longest_s + NEAR_S):
        return True
    start_s = time.end_s if time.how == "until" else time.start_s
    return any(start_s - NEAR_S <= ground.end_s and time.end_s + NEAR_S >= ground.start_s for ground in grounds)


def _found(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(rf"(?<![a-z])(?:{pattern})\b", text, re.IGNORECASE)
