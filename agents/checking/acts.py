"""What people do and feel, as texts tell it, and what bears that out."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

import yaml

from agents.by_rule.knowledge_base import rules_of
from agents.searching.question import Topic, movements, names_labels, question_words
from perception.evidence import Frozen


class Act(Frozen):
    """Something that is done, beside the movements that can be asked about."""

    name: str
    words: str
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    text: str | None = None


class ActsAndFeelings(Frozen):
    """The file of words."""

    acts: tuple[Act, ...]
    feelings: frozenset[str]


def acts(text: str) -> tuple[Topic, ...]:
    """The movements and other acts that a text names; `kinds` and `shown_by` bear each out."""
    others = (topic for act, topic in _others() if _found(act.words, text))
    return (*movements(text), *others)


def acts_shown(text: str) -> set[str]:
    """Names of the acts that a text of something cited shows in other words, be it why something else is missing."""
    return {act.name for act, _ in _others() if act.text and _found(act.text, text)}


def feelings(text: str) -> tuple[Topic, ...]:
    """The feelings that a text names, each with its labels."""
    return tuple(topic for topic in names_labels(text.lower()) if topic.name in acts_and_feelings().feelings)


def suggested(labels: Collection[str], kinds: Collection[str]) -> bool:
    """Whether observations of these kinds are all signs of a rule from which one of the labels is taken."""
    return any(all(not set(kinds).isdisjoint(sign.kinds) for sign in rule.signs) for rule in rules_of(labels))


@cache
def acts_and_feelings() -> ActsAndFeelings:
    """What the data file says."""
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return ActsAndFeelings.model_validate(content)


@cache
def _others() -> tuple[tuple[Act, Topic], ...]:
    """The acts of the file, with all that bears them out."""
    known = {topic.name: topic.kinds for topic in question_words().topics}
    return tuple(
        (act, Topic(name=act.name, asked=(), kinds=(*act.kinds, *(k for name in act.topics for k in known[name]))))
        for act in acts_and_feelings().acts
    )


def _found(pattern: str, text: str) -> bool:
    return re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE) is not None
