"""What was measured of a person during an utterance, in a line: face, head and body, voice.

Behaviour captions beside the words, after BeMERC (2025, arXiv 2503.23990); here they are composed of
observations, each with its id, so that whoever reads one can cite it.
"""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml

from perception.evidence import Evidence, Frozen, Observation

WORDS, SOUND = "utterance", "prosody"  # kinds that belong to one utterance: what is said, and how it sounds
SAME_TIME_S = 1e-3
NOTHING = "nothing was measured"
SPAN = re.compile(r", \d+(\.\d+)?-\d+(\.\d+)? s$")  # the times at the end of an observation's text


class Channels(Frozen):
    """Which tools tell of which channel, and how many of their observations are told."""

    channels: dict[str, tuple[str, ...]]
    most: dict[str, int]
    left_out: tuple[str, ...]


@cache
def channels() -> Channels:
    """The channels of captions."""
    text = Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    return Channels.model_validate(yaml.safe_load(text))


def meanwhile(evidence: Evidence, person: str | None, start_s: float, end_s: float) -> list[Observation]:
    """What was observed of a person during an utterance, and of its own words and sound; of those alone without one.

    An observation that only touches the utterance's first or last moment is not part of it.
    """
    return [o for o in evidence.observations if _belongs(o, person, start_s, end_s)]


def caption(observations: Sequence[Observation]) -> str:
    """The observations in a line, channel by channel, the surest first, each with its id in brackets."""
    told = []
    for channel, tools in channels().channels.items():
        own = [o for o in observations if o.tool in tools and is_behaviour(o)]
        own.sort(key=lambda o: (tools.index(o.tool), -o.confidence * o.quality, o.start_s))
        if own:
            told.append(f"{channel}: {'; '.join(_short(o) for o in own[: channels().most[channel]])}")
    return ". ".join(told) or NOTHING


def is_behaviour(observation: Observation) -> bool:
    """Whether it tells what someone does, by face, body or voice."""
    tools = {tool for tools in channels().channels.values() for tool in tools}
    return observation.tool in tools and observation.kind not in channels().left_out


def _short(observation: Observation) -> str:
    """Its text without the person's name and the times, which stand beside the caption."""
    text = SPAN.sub("", observation.text)
    return f"{text.removeprefix(f'{observation.person}: ')} [{observation.id}]"


def _belongs(o: Observation, person: str | None, start_s: float, end_s: float) -> bool:
    if o.kind in (WORDS, SOUND):
        return abs(o.start_s - start_s) < SAME_TIME_S and abs(o.end_s - end_s) < SAME_TIME_S
    return person is not None and o.person == person and o.start_s < end_s and start_s < o.end_s
