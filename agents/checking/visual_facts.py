"""What is seen must have been seen: words can't bear out a smile, whatever they say."""

import re
from functools import cache
from pathlib import Path

import yaml

from agents.case import Case
from agents.checking.quotations import unquoted
from agents.claims import Draft, Level
from perception.evidence import Frozen, Observation


class Visible(Frozen):
    """Names of what can be seen and not heard, and the kinds of observation that are heard alone."""

    heard: frozenset[str]
    labels: frozenset[str]
    words: tuple[tuple[str, ...], ...]
    patterns: tuple[str, ...]


def words_are_no_picture(draft: Draft, level: Level, case: Case) -> str | None:
    """What is wrong with a draft that names something visible and cites nothing that was seen of a person; or none.

    A visible label, or a word for something visible outside of quotation marks, counts.
    """
    by_id = {o.id: o for o in case.evidence.observations}
    if draft.abstained or not draft.evidence or any(_shows(by_id.get(id_)) for id_ in draft.evidence):
        return None
    named = draft.label if draft.label in visible().labels else visible_word(draft.text)
    return not_heard(named) if named else None


def not_heard(named: str) -> str:
    """Why something visible does not hold."""
    return f"{named!r} can be seen, not heard: it cites nothing that was seen of a person"


def seen_of_a_person(observation: Observation) -> bool:
    """Whether it was seen of somebody: it is not words, voice, light or the file."""
    return observation.person is not None and observation.kind not in visible().heard


def visible_word(text: str) -> str | None:
    """A word for something visible in a text, outside of quotation marks; none where there is none."""
    found = _pattern().search(unquoted(text))
    return found[0] if found else None


def _shows(observation: Observation | None) -> bool:
    """Of what is cited; a frame, or an id of nothing, which is another check's affair, is no observation."""
    return observation is None or seen_of_a_person(observation)


@cache
def visible() -> Visible:
    """What the data file says."""
    return Visible.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


@cache
def _pattern() -> re.Pattern[str]:
    words = (re.escape(word) for group in visible().words for word in group)
    return re.compile(rf"\b(?:{'|'.join((*words, *visible().patterns))})\b", re.IGNORECASE)
