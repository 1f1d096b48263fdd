"""What a text states must be in what it cites: a pulse or a voice that was measured, and the time at which it was."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import TypeAdapter

from agents.checking.quotations import unquoted
from perception.evidence import Frozen

NEAR_S = 1.0  # between a time that is told and what is cited for it
NEAR_BPM = 2.0  # likewise of a pulse: rates are rounded and averaged
SLOWEST_BPM, FASTEST_BPM = 30.0, 220.0  # that can be a pulse
PICTURE = "picture"  # the kind of a frame that a model looked at
DENIAL = re.compile(
    r"\b(?:no|not|nor|none|nothing|never|neither|without|cannot|abstain\w*|fail\w*|missing|unclear|unknown)\b|n['’]t\b",
    re.IGNORECASE,
)

NUMBER, SECONDS = r"\d+(?:\.\d+)?", r"\s*(?:s|secs?|seconds?)\b"
LENGTH = r"(?!\s*(?:long|apart|each|every|later|after|before|earlier|in length|intervals?|pauses?|windows?))"
CLOCK = re.compile(r"\b(?:(\d{1,2}):)?(\d{1,2}):(\d{2}(?:\.\d+)?)\b")
SPAN = re.compile(
    rf"(?P<length>\b(?:for|last\w*|every|within|over|about|takes?|took)\s+(?:about\s+)?)?"
    rf"(?:\b(?:between|from)\s+(?P<a>{NUMBER})(?:{SECONDS})?\s*(?:and|to|until|till|-|–)\s*(?P<b>{NUMBER}){SECONDS}"
    rf"|(?<![\d.])(?P<c>{NUMBER})(?:{SECONDS})?\s*[-–]\s*(?P<d>{NUMBER}){SECONDS}){LENGTH}"
)
MOMENTS = re.compile(
    rf"\b(?:at|around|near)\s+(?:(?:about|around|roughly|approximately|the|time)\s+)*"
    rf"((?:{NUMBER}(?:{SECONDS})?(?:\s*,\s*(?:and\s+)?|\s+(?:and|or)\s+))*{NUMBER}{SECONDS}){LENGTH}"
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
    number: str = ""
    kinds: frozenset[str]


def not_in(text: str, grounds: Sequence[Ground]) -> str | None:
    """What a text states that is not in what it cites, quotations left out; none where all is."""
    if not grounds:
        return None
    told = unquoted(text)
    return _not_measured(told, grounds) or _another_value(told, grounds) or _another_time(told, grounds)


@cache
def measured() -> dict[str, Measured]:
    """What the data file says, by name."""
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Measured]).validate_python(content)


def _not_measured(text: str, grounds: Sequence[Ground]) -> str | None:
    """A value needs the measurement; that something is said of it, or that there is none, a text that speaks of it."""
    for name, each in measured().items():
        if any(ground.kinds & each.kinds for ground in grounds):
            continue
        if each.number and _found(each.number, text):
            return f"it tells a {name}, but cites none"
        named = None if DENIAL.search(text) else _found(each.words, text)
        if named and not any(_found(each.words, ground.text) for ground in grounds):
            return f"{named[0]!r}: it cites no {name}"
    return None


def _another_value(text: str, grounds: Sequence[Ground]) -> str | None:
    """A pulse is one that is cited, or lies between two; where what is cited tells no number, any."""
    pulse = measured()["heart rate"]
    known = [n for ground in grounds if ground.kinds & pulse.kinds for n in _rates(ground.text)]
    if not known:
        return None
    change = r"(?! (?:higher|lower|more|less|faster|slower))"
    for found in re.finditer(rf"\b(?:by |than )?(?:{pulse.number})\b{change}", text, re.IGNORECASE):
        if not found[0].lower().startswith(("by ", "than ")):
            value = float(found[1] or found[2])
            if not min(known) - NEAR_BPM <= value <= max(known) + NEAR_BPM:
                return f"it tells a heart rate of {value:g}, but cites another"
    return None


def _rates(text: str) -> list[float]:
    """Numbers of an observation of the pulse that can be rates; times and counts of samples left out."""
    bare = re.sub(r"[\d.]+-[\d.]+ s\b|[\d.]+ (?:s|samples|dB|ms)\b", " ", text)
    return [n for n in map(float, re.findall(rf"(?<![\w.]){NUMBER}", bare)) if SLOWEST_BPM <= n <= FASTEST_BPM]


def _another_time(text: str, grounds: Sequence[Ground]) -> str | None:
    """Each time told is that of something cited, or nearly; one at which nothing was may be any."""
    if DENIAL.search(text):
        return None
    for start_s, end_s in times_in(text):
        if not any(start_s - NEAR_S <= g.end_s and end_s + NEAR_S >= g.start_s for g in grounds):
            when = f"{start_s:g} s" if start_s == end_s else f"{start_s:g}-{end_s:g} s"
            return f"it tells of {when}, but cites nothing of then"
    return None


def times_in(text: str) -> list[tuple[float, float]]:
    """Moments and stretches of the clip that a text tells, in seconds; lengths are none."""
    text = CLOCK.sub(lambda m: f"{int(m[1] or 0) * 3600 + int(m[2]) * 60 + float(m[3]):g} s", text.lower())
    spans = [m for m in SPAN.finditer(text) if not m["length"]]
    ends = [sorted((float(m["a"] or m["c"]), float(m["b"] or m["d"]))) for m in spans]
    lists = [re.findall(NUMBER, m[1]) for m in MOMENTS.finditer(SPAN.sub(" ", text))]
    return [(a, b) for a, b in ends] + [(float(n), float(n)) for numbers in lists for n in numbers]


def _found(pattern: str, text: str) -> re.Match[str] | None:
    return re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
