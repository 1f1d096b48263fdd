"""What is seen must have been seen: words can't bear out a smile, whatever they say."""

import re
from functools import cache
from pathlib import Path

import yaml

from agents.case import Case
from agents.claims import Draft, Level
from perception.evidence import Frozen, Observation

# what a claim quotes was said, not seen; an apostrophe within a word opens no quotation
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)['‘][^'’]*['’](?!\w)")


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
    if draft.abstained or not draft.evidence or any(_of_a_person(by_id.get(id_)) for id_ in draft.evidence):
        return None
    named = _named(draft)
    return f"{named!r} can be seen, not heard: it cites nothing that was seen of a person" if named else None


def _of_a_person(observation: Observation | None) -> bool:
    """Whether what is cited was seen of somebody: it is not words, voice, light or the file."""
    if observation is None:
        return True  # a frame, or an id of nothing, which is another check's affair
    return observation.person is not None and observation.kind not in visible().heard


def _named(draft: Draft) -> str | None:
    if draft.label in visible().labels:
        return draft.label
    found = _pattern().search(QUOTED.sub(" ", draft.text))
    return found[0] if found else None


@cache
def visible() -> Visible:
    """What the data file says."""
    return Visible.model_validate(yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")))


@cache
def _pattern() -> re.Pattern[str]:
    words = (re.escape(word) for group in visible().words for word in group)
    return re.compile(rf"\b(?:{'|'.join((*words, *visible().patterns))})\b", re.IGNORECASE)
