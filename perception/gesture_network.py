"""Gestures by a trained network: stretches of a track in which one class is clearly the likeliest."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from perception.body_track import BodyTrack
from perception.events import runs
from perception.models.gesture_recogniser import Recogniser

LEAST = 0.5  # probability of a class at every moment of a gesture
SHORTEST_S = 0.4
OF_THE_FACE = ("head_up", "press_lips")  # which rules over the face tell better than a skeleton


class Made(NamedTuple):
    """A gesture that was recognised."""

    kind: str
    start_s: float
    end_s: float
    probability: float  # not calibrated


@cache
def kinds() -> dict[str, tuple[str, ...]]:
    """The kind of each class by the data set's name, in the order of the classes' numbers."""
    return {name: tuple(told) for name, told in _content().items() if name != "others"}


@cache
def other_words() -> dict[str, str]:
    """What is said of the kinds that no rule decides."""
    return dict(_content()["others"])


def classes_of(kind: str, taxonomy: str) -> list[int]:
    """The numbers of the classes that a kind without a rule stands for."""
    return [number for number, told in enumerate(kinds()[taxonomy]) if told == kind and kind in other_words()]


def gestures_in(body: BodyTrack, network: Recogniser) -> list[Made]:
    """The gestures of a track, in order of time; none at the same time as another."""
    seen = network.recognise(body)
    ends_s = float(body.times_s[-1] + body.durations_s[-1])
    step_s = float(seen.times_s[1] - seen.times_s[0]) if len(seen.times_s) > 1 else 0.0
    found = []
    for number, kind in enumerate(kinds()[network.taxonomy]):
        for first, last in runs(seen.probabilities[:, number] > LEAST):
            probability = float(seen.probabilities[first : last + 1, number].mean())
            start_s = max(float(body.times_s[0]), float(seen.times_s[first]) - step_s / 2)
            end_s = min(ends_s, float(seen.times_s[last]) + step_s / 2)
            if kind not in OF_THE_FACE and end_s - start_s >= SHORTEST_S:
                found.append(Made(kind, start_s, end_s, probability))
    return sorted(found, key=lambda made: made.start_s)


@cache
def _content() -> dict[str, Any]:
    path = Path(__file__).parent / "data" / "gesture_kinds.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
