"""Speakers that a transcript names before their words: "ANNA: Hello", "- Anna Lee: Hello", "[SPEAKER_01]: Hello"."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import yaml

LEAST_SHARE = 1 / 4  # of the turns, that names which recur begin: fewer may be a phrase that someone is fond of
MOST_SHARE = 1 / 2  # of the turns: where so many begin with a name, those that come once are names as well
WORD = r"[^\W\d_][\w.'’-]*"
NAME = rf"{WORD}(?: (?:{WORD}|\d{{1,2}})){{0,2}}"  # one to three words
DASH = re.compile(r"(?:-|–|—|>>+) ?")
PREFIX = re.compile(
    rf"(?:{DASH.pattern})?(?:\[(?P<bracketed>{NAME})\]|(?P<bare>{NAME})) ?(?::\s|：)(?=.*\w)", re.DOTALL
)


class Prefixed(NamedTuple):
    """Words, less the name before them if there is one that may be a speaker's."""

    name: str | None
    words: str


def speakers_in(cues: Iterable[Sequence[str]]) -> frozenset[str]:
    """The names that stand before words because they are the speakers'; none where that is not clear.

    It is clear where every turn begins with a name (or the only one with a name in capitals), where names recur and
    begin many turns, or where at least two turns begin with a name in capitals and go on in small letters.

    Args:
        cues: the lines of each cue that comes with no speaker; of a text without times, each line as a cue.
    """
    every = [prefixed(" ".join(lines[at:])) for lines in cues for at in _openings(lines)]
    named = [(p.name, p.words) for p in every if p.name is not None]
    names = Counter(name for name, _ in named)
    capitals = {name for name, words in named if name.isupper() and len(name) > 1 and not words.isupper()}
    recurring = {name for name, times in names.items() if times > 1}
    if len(named) == len(every) and (len(named) > 1 or capitals):
        return frozenset(names)
    if recurring and len(named) >= MOST_SHARE * len(every):
        return frozenset(names)
    often = sum(names[name] for name in recurring) >= LEAST_SHARE * len(every)
    in_capitals = capitals if sum(names[name] for name in capitals) > 1 else set()
    return frozenset((recurring if often else set()) | in_capitals)


def by_speaker(lines: Sequence[str], speakers: frozenset[str]) -> list[tuple[str | None, str]]:
    """Speaker and words of the lines of a cue, by turns."""
    begins = [at for at in _openings(lines) if at == 0 or prefixed(" ".join(lines[at:])).name in speakers]
    turns: list[tuple[str | None, str]] = []
    for start, end in pairwise((*begins, len(lines))):
        words = " ".join(lines[start:end])
        turn = prefixed(words)
        turns.append((turn.name, turn.words) if turn.name in speakers else (None, words))
    return turns


def _openings(lines: Sequence[str]) -> list[int]:
    """Where turns may begin in a cue: with it, and with a name after that where its first line has one, or a dash.

    Elsewhere a name within a cue may be part of a sentence that goes on.
    """
    if not lines:
        return []
    several = DASH.match(lines[0]) is not None or prefixed(" ".join(lines)).name is not None
    return [0, *(at for at in range(1, len(lines)) if several and prefixed(" ".join(lines[at:])).name is not None)]


def prefixed(words: str) -> Prefixed:
    """A name and the words after it, or the words alone."""
    found = PREFIX.match(words)
    name = (found["bracketed"] or found["bare"]) if found else None
    if found is None or name is None or not _may_be_a_name(name):
        return Prefixed(None, words)
    return Prefixed(name, words[found.end() :].strip())


def _may_be_a_name(name: str) -> bool:
    """Whether each word begins as names do, the first is none that begins other things, and a number counts people."""
    first, *more = name.split()
    key = first.casefold().rstrip(".")
    if any(word[0].islower() for word in (first, *more)) or key in _words()["no_names"]:
        return False
    return key in _words()["numbered"] or not any(word.isdecimal() for word in more)


@cache
def _words() -> dict[str, frozenset[str]]:
    path = Path(__file__).parent / "data" / "named_speakers.yaml"
    content: dict[str, list[list[str]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {kind: frozenset(word for row in rows for word in row) for kind, rows in content.items()}
