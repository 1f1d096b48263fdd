"""What a question about a report asks: of which things, people and times, and whether it may be answered at all."""

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from agents.checking.unjudged import asked_to_judge
from agents.claims import Level
from agents.report import Report
from perception.evidence import Frozen, Seconds

WORDS = Path(__file__).parent / "question_words.yaml"
AROUND_S = 0.5  # a moment that is asked for stretches so far to either side
EDGE_SHARE = 0.2  # of the clip: "at the beginning", "at the end"; "in the middle" leaves as much on either side twice

SECONDS = r"(?:s|secs?|seconds?)\b"
NUMBER = r"(\d+(?:\.\d+)?)"
CLOCK = re.compile(r"\b(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)\b")
MINUTES = re.compile(rf"\b{NUMBER}\s*(?:m|mins?|minutes?)\b")
SPAN = re.compile(
    rf"\b(?:(?:between|from)\s+)?{NUMBER}\s*(?:{SECONDS})?\s*(?:and|to|until|till|-|–)\s*{NUMBER}\s*{SECONDS}"
)
ENDS = re.compile(rf"\b(?:in |during |for )?(?:the )?(first|last)\s+{NUMBER}\s*{SECONDS}")
SIDE = re.compile(rf"\b(before|until|after|since)\s+(?:the\s+)?{NUMBER}\s*{SECONDS}")
MOMENT = re.compile(rf"\b(?:(?:at|around|about|near)\s+)?{NUMBER}\s*{SECONDS}")
PLACE = re.compile(
    r"\b(?:at|in|near|towards?|around|by)\s+the\s+(?:very\s+)?(beginning|start|middle|end)\b(?:\s+of\s+the\s+\w+)?"
)
ACTION_UNIT = re.compile(r"\b(?:au|action unit)\s*(\d{1,2})\b")
ENDING = re.compile(r"(?<=\w{3})(?:iness|ings?|ied|ies|ed|es|s|e|y)$")
Window = tuple[Seconds, Seconds]


class Topic(Frozen):
    """Something that can be asked about, and what in a report bears on it."""

    name: str = Field(description='as in "the report shows no ..."')
    asked: tuple[str, ...] = Field(description="words and phrases that ask for it")
    kinds: tuple[str, ...] = ()
    counted: tuple[str, ...] = Field(default=(), description="kinds that `how many` counts")
    levels: tuple[Level, ...] = ()
    labels: tuple[str, ...] = ()
    tools: tuple[str, ...] = Field(default=(), description="whose reasons say why it is missing")
    people: bool = Field(default=False, description="`how many` counts people")
    shown_by: tuple[str, ...] = Field(
        default=(), description="of a movement: kinds and signals beside `kinds` that bear out a sentence that names it"
    )


class QuestionWords(Frozen):
    """The file of words."""

    topics: tuple[Topic, ...]
    patterns: dict[str, str]
    fillers: frozenset[str]
    leaning: tuple[str, ...]
    numbers: dict[str, int]
    ordinals: dict[str, int]
    sentences: dict[str, str]


class Question(Frozen):
    """A question, read."""

    text: str
    words: tuple[str, ...] = Field(description="stems that name something, times and people left out")
    rest: tuple[str, ...] = Field(description="those of them that no topic explains")
    topics: tuple[Topic, ...] = ()
    people: tuple[str, ...] = Field(default=(), description="ids; none: everyone")
    strangers: tuple[str, ...] = Field(default=(), description="people asked for whom the report does not have")
    window: Window | None = Field(default=None, description="seconds in the clip")
    counts: bool = False
    times: bool = Field(default=False, description="asks when something happens")
    of_the_file: bool = Field(default=False, description="asks how long or large the clip is")
    absence: bool = Field(default=False, description="asks why something is missing")
    names: bool = Field(default=False, description="says what it is about, which must then be found")
    overview: bool = Field(default=False, description="asks for whatever there is, perhaps of a time or a person")
    leans: bool = Field(default=False, description="says only whom or when: the rest is in the question before it")
    refused: str | None = Field(default=None, description="what must not be judged")


@cache
def question_words() -> QuestionWords:
    """The words in which people ask, and the sentences that answer them."""
    return QuestionWords.model_validate(yaml.safe_load(WORDS.read_text(encoding="utf-8")))


def read_question(text: str, report: Report) -> Question:
    """Which topics, people and time a question names, as far as its words tell."""
    words = question_words()
    lower = ACTION_UNIT.sub(r"au\1", " ".join(text.lower().replace("’", "'").split()))
    lower = re.sub(words.patterns["aside"], " ", lower)
    people, strangers, left = _people(lower, [p.id for p in report.people])
    window, left = _window(left, report.clip.duration_s)
    tokens = stems(left.replace("-", " "))
    topics, explained = _topics(tokens)
    named = tuple(t for t in content(left) if t not in _fillers() or t in explained)
    has = {name: re.search(pattern, lower) is not None for name, pattern in words.patterns.items()}
    return Question(
        text=text,
        words=named,
        rest=tuple(t for t in named if t not in explained),
        topics=topics,
        people=people,
        strangers=strangers,
        window=window,
        counts=has["count"],
        times=has["when"],
        of_the_file=has["file"],
        absence=has["absence"],
        names=has["names"],
        overview=not topics and not named and (has["overview"] or bool(people) or window is not None),
        leans=bool(people or window) and not _leaning().sub("", left),
        refused=asked_to_judge(lower),
    )


def stems(text: str) -> tuple[str, ...]:
    """The words of a text in lower case without common English endings: smile, smiles, smiling become one."""
    return tuple(_stem(word) for word in re.findall(r"[^\W_]+", text.lower().replace("'s ", " ")))


def content(text: str) -> tuple[str, ...]:
    """The stems of a text without stop words and bare numbers."""
    from bm25s.stopwords import STOPWORDS_EN_PLUS  # type: ignore[import-untyped]

    kept = (w for w in re.findall(r"[^\W_]+", text.lower()) if w not in STOPWORDS_EN_PLUS and not w.isdigit())
    return tuple(stem for word in kept for stem in stems(word) if len(stem) > 1)


def _stem(word: str) -> str:
    """Crude, but the same for question and report; a doubled last consonant ("nodding") becomes one."""
    short = ENDING.sub("", word)
    return re.sub(r"([^aeiou])\1$", r"\1", short)


@cache
def _fillers() -> frozenset[str]:
    return frozenset(stem for word in question_words().fillers for stem in stems(word))


@cache
def _leaning() -> re.Pattern[str]:
    phrases = sorted(question_words().leaning, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b|\W+")


@cache
def _phrases() -> tuple[tuple[tuple[str, ...], Topic], ...]:
    """Every phrase's stems and its topic, the longest first."""
    phrases = [(stems(phrase), topic) for topic in question_words().topics for phrase in topic.asked]
    return tuple(sorted(phrases, key=lambda p: -len(p[0])))


def _topics(tokens: Sequence[str]) -> tuple[tuple[Topic, ...], frozenset[str]]:
    """The topics whose phrases occur, each word used once, and the words so used."""
    left: list[str | None] = list(tokens)
    found: list[Topic] = []
    explained: set[str] = set()
    for phrase, topic in _phrases():
        at = next((i for i in range(len(left)) if tuple(left[i : i + len(phrase)]) == phrase), None)
        if at is not None:
            left[at : at + len(phrase)] = [None] * len(phrase)
            explained |= set(phrase)
            found.append(topic)
    units = [token for token in left if token and re.fullmatch(r"au\d+", token)]
    found += [_action_unit(unit) for unit in units]
    return tuple({topic.name: topic for topic in found}.values()), frozenset(explained | set(units))


def movements(text: str) -> tuple[Topic, ...]:
    """The movements that a text names."""
    tokens = stems(ACTION_UNIT.sub(r"au\1", text.lower()).replace("-", " "))
    return tuple(topic for topic in _topics(tokens)[0] if topic.shown_by)


def names_labels(text: str) -> tuple[Topic, ...]:
    """The topics that stand for labels, of which a text speaks."""
    return tuple(topic for topic in _topics(stems(text.replace("-", " ")))[0] if topic.labels)


def _action_unit(unit: str) -> Topic:
    return Topic(
        name=unit.upper(),
        asked=(unit,),
        kinds=(unit, f"{unit}_one_sided"),
        counted=(unit,),
        tools=("action_units",),
        shown_by=(unit.upper(),),
    )


def _people(text: str, ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Who is asked for, who of them is not there, and the text without them ("P2", "person 2", "the second person")."""
    words = question_words()
    nth = "|".join((*words.ordinals, *words.numbers))
    found = []
    for a, b, c in re.findall(rf"\bp(\d+)\b|\bperson\s+(\d+|{nth})\b|\b({nth})\s+person\b", text):
        said = a or b or c
        number = words.ordinals.get(said) or words.numbers.get(said) or int(said)
        found.append(f"P{number}")
    for person in ids:
        if re.search(rf"\b{re.escape(person.lower())}\b", text):
            found.append(person)
    left = re.sub(rf"\bp\d+\b|\b(?:the\s+)?person\s+(?:\d+|{nth})\b|\b(?:the\s+)?(?:{nth})\s+person\b", " ", text)
    asked = tuple(dict.fromkeys(found))
    return tuple(p for p in asked if p in ids), tuple(p for p in asked if p not in ids), left


def _window(text: str, duration_s: float) -> tuple[Window | None, str]:
    """The stretch of time that is asked for, and the text without it."""
    numbers = "|".join(question_words().numbers)
    text = re.sub(
        rf"\b({numbers})\b(?=\s+(?:seconds?|minutes?)\b)", lambda m: str(question_words().numbers[m[1]]), text
    )
    text = CLOCK.sub(lambda m: f"{int(m[1] or 0) * 3600 + int(m[2]) * 60 + float(m[3]):g} s", text)
    text = MINUTES.sub(lambda m: f"{float(m[1]) * 60:g} s", text)
    text = re.sub(rf"\bseconds?\s+{NUMBER}\b", r"\1 s", text)
    for pattern in (SPAN, ENDS, SIDE, MOMENT, PLACE):
        if match := pattern.search(text):
            start_s, end_s = _stretch(pattern, match, duration_s)
            return (max(0.0, start_s), max(0.0, start_s, end_s)), pattern.sub(" ", text)
    return None, text


def _stretch(pattern: re.Pattern[str], match: re.Match[str], duration_s: float) -> tuple[float, float]:
    if pattern is SPAN:
        start_s, end_s = sorted((float(match[1]), float(match[2])))
        return start_s, end_s
    if pattern is ENDS:
        length_s = float(match[2])
        return (0.0, length_s) if match[1] == "first" else (duration_s - length_s, duration_s)
    if pattern is SIDE:
        at_s = float(match[2])
        return (0.0, at_s) if match[1] in ("before", "until") else (at_s, max(at_s, duration_s))
    if pattern is MOMENT:
        return float(match[1]) - AROUND_S, float(match[1]) + AROUND_S
    edge_s = EDGE_SHARE * duration_s
    stretches = {"end": (duration_s - edge_s, duration_s), "middle": (2 * edge_s, duration_s - 2 * edge_s)}
    return stretches.get(match[1], (0.0, edge_s))
