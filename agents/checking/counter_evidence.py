"""A movement that a text denies though it was observed."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from agents.reading.denials import affirmed, clauses, denies
from agents.reading.people import NAME, named_people, renamed
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.times import of_a_time
from agents.searching.question import Topic, movements, movements_alone

WHO = (
    rf"(?:(?:{NAME}|he|she|they|(?:the|this|that) (?:person|speaker|listener|man|woman|face|clip|video))(?:'s face)?"
    r"|there(?:'s)?|we)"
)
LASTING = r"\b(?:(?:remain|stay|keep)(?:s|ed)?|kept)\b"  # beside which a denial is none of a moment
SHOWS = r"(?:is|are|was|were|has|have|had|shows?|showed|displays?|gives?|makes?|sees?)"
# no more than who, a denial, and what follows: neither "is not smiling much" nor "as P1 nods, no smile" is one
DENIED = re.compile(
    r"^\W*(?:(?:no|overall|in (?:the|this) (?:clip|video|recording)|and|but|nor)\b\W*)*"
    rf"(?:{WHO} {LASTING}[\w ]*,? (?:and|with) )?(?:{WHO} )?(?:(?:also|clearly|certainly) )*"
    r"(?:(?:does|do|did|is|are|was|were|has|have|can|could) not|cannot|\w+n't|fail(?:s|ed)? to"
    rf"|(?:{SHOWS} )?(?:no|never|neither))"
    r"(?: (?:ever|once|any|an?|signs? of|be seen(?: to)?|seen(?: to)?|seem to|appear to|show|display))*"
    r" ([\w-]+(?: [\w-]+){0,5})$",
    re.IGNORECASE,
)
NOT_ONCE = re.compile(rf"\bnot once (?:does|do|did|is|was) ({NAME}|he|she|they)\b", re.IGNORECASE)
ALL_ALONG = re.compile(
    r"[\s,.;:!]*(?:(?:at all|anywhere|in (?:the|this) (?:clip|video|recording)|on (?:the|his|her|their) face"
    r"|(?:(?:is|are|was|were|can be) )?(?:seen|visible|shown|measured|found|observed|detected|present))[\s,.;:!]*)*$"
)
OR = re.compile(r",? n?or ")
IT_DOES = re.compile(r"\b(?:do|does|did)\W*$", re.IGNORECASE)  # "P1 does not smile. At 8 s P1 does."
NEVER = re.compile(r"\bnever\b", re.IGNORECASE)


class Observed(NamedTuple):
    """A movement that was observed."""

    kinds: frozenset[str]
    person: str | None
    text: str


def denied(text: str, observed: Sequence[Observed], people: Sequence[str], asked_of: str | None = None) -> str | None:
    """A movement that a text flatly denies though it was observed.

    None where the denial may be one for a time, a person or a manner: the sentence tells a time or anything that
    happens meanwhile, or another sentence tells the movement.

    Args:
        text: of an answer or a narrative.
        observed: movements that it may deny.
        people: ids of those who are there.
        asked_of: of whom a sentence is that names nobody; none: of the only one who is there.
    """
    told = [NOT_ONCE.sub(r"\1 never", _without_names(unquoted(one), people)) for one in sentences(text)]
    for sentence, plain in zip(sentences(text), told, strict=True):
        theirs = observed_of(unquoted(sentence), observed, people, asked_of)
        elsewhere = [one for one in told if one is not plain]
        for act in flat_denials(plain):
            stands = NEVER.search(plain) or not _told_in(elsewhere, act)
            if stands and any(each.kinds & set(act.kinds) for each in theirs):
                return f"it denies {act.name}, which were observed"
    return None


def flat_denials(sentence: str) -> list[Topic]:
    """The movements that a sentence denies, if it does nothing else and tells no time."""
    if of_a_time(sentence):
        return []
    parts = clauses(reported(sentence)[0])
    beside = [part for part in parts if not denies(part) and not re.search(LASTING, part, re.IGNORECASE)]
    if any(re.search(r"\w", re.sub(r"^\W*(?:no|yes)\b", "", part, flags=re.IGNORECASE)) for part in beside):
        return []
    return [act for part in parts if denies(part) for act in _denied_in(part)]


def observed_of(
    sentence: str, observed: Sequence[Observed], people: Sequence[str], asked_of: str | None = None
) -> list[Observed]:
    """What was observed of the only one whom a sentence is about."""
    about = named_people(sentence, people) or ((asked_of,) if asked_of else tuple(people))
    return [each for each in observed if len(about) == 1 and each.person == about[0]]


def _without_names(text: str, people: Sequence[str]) -> str:
    for person in people:
        text = re.sub(rf"\b{re.escape(person)}\b", NAME, text, flags=re.IGNORECASE)
    return renamed(text, NAME)


def _denied_in(clause: str) -> list[Topic]:
    match = DENIED.search(ALL_ALONG.sub("", clause))
    parts = [movements_alone(part) for part in OR.split(match[1])] if match else []
    return [act for acts in parts for act in acts] if all(parts) else []


def _told_in(others: Sequence[str], act: Topic) -> bool:
    """Whether other sentences tell a movement, so that a denial of it is one for another time."""
    told = (clause for one in others for clause in affirmed(one))
    return any(
        IT_DOES.search(clause) or any(set(m.kinds) & set(act.kinds) for m in movements(clause)) for clause in told
    )
