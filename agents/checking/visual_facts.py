"""What is seen must have been seen: words can't bear out a smile, whatever they say."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from agents.case import Case
from agents.checking.stated_facts import UTTERANCE
from agents.claims import Draft, Level
from agents.reading.quotations import reported, unquoted
from agents.reading.stems import stems
from perception.evidence import Frozen, Observation


class Visible(Frozen):
    """Names of what can be seen and not heard, and the kinds of observation that are heard alone."""

    heard: frozenset[str]
    labels: frozenset[str]
    words: tuple[tuple[str, ...], ...]
    patterns: tuple[str, ...]


def words_are_no_picture(draft: Draft, level: Level, case: Case) -> str | None:
    """What is wrong with a draft that names something visible and cites nothing that was seen of a person; or none.

    A visible label counts, or a word for something visible outside of quotation marks that is not reported as said.
    """
    by_id = {o.id: o for o in case.evidence.observations}
    if draft.abstained or not draft.evidence or any(_shows(by_id.get(id_)) for id_ in draft.evidence):
        return None
    said = [o.text for id_ in draft.evidence if (o := by_id.get(id_)) and o.kind == UTTERANCE]
    named = draft.label if draft.label in visible().labels else visible_word(draft.text, said)
    return not_heard(named) if named else None


def not_heard(named: str) -> str:
    """Why something visible does not hold."""
    return f"{named!r} can be seen, not heard: it cites nothing that was seen of a person"


def seen_of_a_person(observation: Observation) -> bool:
    """Whether it was seen of somebody: it is not words, voice, light or the file."""
    return observation.person is not None and observation.kind not in visible().heard


def visible_word(text: str, said: Iterable[str] = ()) -> str | None:
    """A word for something visible in a text, neither quoted nor reported as said; none where there is none.

    Args:
        text: that may name something visible.
        said: utterances that it cites; what it reports is a word of them.
    """
    itself, told = reported(unquoted(text))
    if found := _pattern().search(itself):
        return found[0]
    known = {stem for utterance in said for stem in stems(utterance)}
    return next((m[0] for m in _pattern().finditer(told) if not known.issuperset(stems(m[0]))), None)


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
