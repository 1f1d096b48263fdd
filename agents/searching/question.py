"""What a question about a report asks: of which things, people and times, and whether it may be answered at all."""

import re
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from agents.checking.unjudged import asked_to_judge
from agents.claims import Level
from agents.reading.people import named_people, renamed
from agents.reading.stems import stems
from agents.reading.times import PLACE, Time, read_times
from agents.report import Report
from perception.evidence import Frozen, Seconds

WORDS = Path(__file__).parent / "question_words.yaml"
AROUND_S = 0.5  # a moment that is asked for stretches so far to either side
EDGE_SHARE = 0.2  # of the clip: "at the beginning", "at the end"; "in the middle" leaves as much on either side twice

FARTHEST = 3  # places between words that stand for a topic together: "raises both his brows"

ACTION_UNITS = re.compile(  # "AU12", "AU6 and AU12", "action units 6, 7 and 12", "AU1+2"
    r"\b(?:aus?|action units?)\s*(\d{1,2}\b(?:(?:\s*[,/+&]\s*|,?\s+(?:and|or)\s+)\d{1,2}\b"
    r"(?!\.\d|:|\s*(?:s|secs?|seconds?|ms|minutes?|times|%|\w+s)\b))*)"
)
REPEATED = re.compile(r"\((\d+)x\b")
NO_WORDS_OF_THEIR_OWN = frozenset({"a", "an", "the", "his", "her", "their", "any"})
Window = tuple[Seconds, Seconds]


class Topic(Frozen):
    """Something that can be asked about, and what in a report bears on it."""

    name: str = Field(description='as in "the report shows no ..."')
    asked: tuple[str, ...] = Field(description="words and phrases that ask for it")
    together: tuple[tuple[str, ...], ...] = Field(
        default=(), description="words to do and words for what is moved: one of each, near one another, asks for it"
    )
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
    lasts: bool = Field(default=False, description="asks how long something lasts")
    of_the_file: bool = Field(default=False, description="asks how long or large the clip is")
    absence: bool = Field(default=False, description="asks why something is missing")
    names: bool = Field(default=False, description="says what it is about, which must then be found")
    overview: bool = Field(default=False, description="asks for whatever there is, perhaps of a time or a person")
    leans: bool = Field(
        default=False,
        description="says only of whom, when, or asks how often, how long or when: the rest is in the one before",
    )
    follows: bool = Field(
        default=False, description="names something else in so few words that it may be of the same people"
    )
    others: bool = Field(default=False, description="asks of somebody else than those spoken of")
    grounds: bool = Field(default=False, description="asks only what the answer before it rests on")
    beside: Literal["before", "after"] | None = Field(
        default=None, description="asks only what comes before or after what the question before it was about"
    )
    refused: str | None = Field(default=None, description="what must not be judged")


@cache
def question_words() -> QuestionWords:
    """The words in which people ask, and the sentences that answer them."""
    return QuestionWords.model_validate(yaml.safe_load(WORDS.read_text(encoding="utf-8")))


def read_question(text: str, report: Report) -> Question:
    """Which topics, people and time a question names, as far as its words tell."""
    words = question_words()
    lower = units_apart(" ".join(text.lower().replace("’", "'").split()))
    lower = re.sub(words.patterns["aside"], " ", lower)
    people, strangers, left = _people(lower, [p.id for p in report.people])
    window, left = _window(left, report.clip.duration_s)
    tokens = stems(left.replace("-", " "))
    topics, explained = _topics(tokens)
    named = tuple(t for t in content(left) if t not in _fillers() or t in explained)
    has = {name: re.search(pattern, lower) is not None for name, pattern in words.patterns.items()}
    said = stems(_leaning().sub(" ", left))
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
        lasts=has["lasting"],
        of_the_file=has["file"],
        absence=has["absence"],
        names=has["names"],
        overview=not topics and not named and (has["overview"] or bool(people) or window is not None),
        leans=bool(people or window or has["count"] or has["when"] or has["lasting"]) and not said,
        follows=has["follows"] and not people and bool(said) and explained.issuperset(said),
        others=has["others"],
        grounds=has["grounds"],
        beside="before" if has["before"] else "after" if has["after"] else None,
        refused=asked_to_judge(lower),
    )


def content(text: str) -> tuple[str, ...]:
    """The stems of a text without stop words and bare numbers."""
    from bm25s.stopwords import STOPWORDS_EN_PLUS  # type: ignore[import-untyped]

    kept = (w for w in re.findall(r"[^\W_]+", text.lower()) if w not in STOPWORDS_EN_PLUS and not w.isdigit())
    return tuple(stem for word in kept for stem in stems(word) if len(stem) > 1)


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

    def use(topic: Topic, places: Sequence[int]) -> None:
        explained.update(tokens[i] for i in places)
        for i in places:
            left[i] = None
        found.append(topic)

    for phrase, topic in _phrases():
        if len(phrase) == 1:
            break
        if at := _places(phrase, left):
            use(topic, at)
    for topic, pair in _pairs(left):
        if all(left[i] for i in pair):
            use(topic, pair)
    for phrase, topic in _phrases():
        if len(phrase) == 1 and (at := _places(phrase, left)):
            use(topic, at)
    for i, token in enumerate(left):
        if token and re.fullmatch(r"au\d+", token):
            use(_action_unit(token), [i])
    return tuple({topic.name: topic for topic in found}.values()), frozenset(explained)


def _places(phrase: tuple[str, ...], tokens: Sequence[str | None]) -> range:
    """Where a phrase first occurs; nowhere where it does not."""
    starts = (i for i in range(len(tokens)) if tuple(tokens[i : i + len(phrase)]) == phrase)
    at = next(starts, None)
    return range(0) if at is None else range(at, at + len(phrase))


def _pairs(tokens: Sequence[str | None]) -> list[tuple[Topic, tuple[int, int]]]:
    """Words that stand for a topic together, the nearest first; of two as near that in which the doing comes first."""
    pairs = []
    for topic, (doing, moved) in _together():
        for i, j in product(range(len(tokens)), repeat=2):
            if tokens[i] in doing and tokens[j] in moved and abs(i - j) <= FARTHEST:
                pairs.append((abs(i - j), i > j, topic, (i, j)))
    return [(topic, pair) for _, _, topic, pair in sorted(pairs, key=lambda p: p[:2])]


@cache
def _together() -> tuple[tuple[Topic, tuple[frozenset[str], ...]], ...]:
    """Stems of the words that stand for a topic together."""
    topics = [topic for topic in question_words().topics if topic.together]
    return tuple((t, tuple(frozenset(s for w in words for s in stems(w)) for words in t.together)) for t in topics)


def units_apart(text: str) -> str:
    """A text in lower case in which each action unit is named as "au12"."""
    return ACTION_UNITS.sub(lambda match: ", ".join(f"au{n}" for n in re.findall(r"\d+", match[1])), text)


def movements(text: str) -> tuple[Topic, ...]:
    """The movements that a text names."""
    tokens = stems(units_apart(text.lower()).replace("-", " "))
    return tuple(topic for topic in _topics(tokens)[0] if topic.shown_by)


def movements_alone(text: str) -> tuple[Topic, ...]:
    """The movements that a text names where it says nothing else, such as how strong they are."""
    tokens = stems(units_apart(text.lower()).replace("-", " "))
    topics, explained = _topics(tokens)
    alone = explained.issuperset(t for t in tokens if t not in NO_WORDS_OF_THEIR_OWN)
    return tuple(topic for topic in topics if topic.shown_by) if alone else ()


def repetitions(text: str) -> int:
    """How many of a movement the text of an observation stands for: three for "P1 nods (3x, 9 degrees)"."""
    return max(1, *map(int, REPEATED.findall(text) or [1]))


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


def without_times(text: str) -> str:
    """The text in lower case without the times that it tells."""
    return PLACE.sub(" ", read_times(text)[1])


def _people(text: str, ids: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Who is asked for, who of them is not there, and the text without them."""
    asked = named_people(text, ids)
    return tuple(p for p in asked if p in ids), tuple(p for p in asked if p not in ids), renamed(text, " ")


def _window(text: str, duration_s: float) -> tuple[Window | None, str]:
    """The stretch of time that is asked for, and the text without it; how long something lasts is none."""
    times, left = read_times(text)
    told = [time for time in times if time.how != "length"]
    if told:
        start_s, end_s = _stretch(told, duration_s)
        return (max(0.0, start_s), max(0.0, start_s, end_s)), left
    if place := PLACE.search(left):
        return _place(place[1], duration_s), PLACE.sub(" ", left)
    return None, left


def _stretch(told: Sequence[Time], duration_s: float) -> tuple[float, float]:
    """The first time that is told; of moments all of them, and a little before and after."""
    first = told[0]
    if first.is_point:
        moments = [time.start_s for time in told if time.is_point]
        return min(moments) - AROUND_S, max(moments) + AROUND_S
    if first.how == "last":
        return duration_s - first.end_s, duration_s
    if first.how == "after":
        return first.start_s, max(first.start_s, duration_s)
    return first.start_s, first.end_s


def _place(name: str, duration_s: float) -> Window:
    edge_s = EDGE_SHARE * duration_s
    stretches = {
        "end": (duration_s - edge_s, duration_s),
        "middle": (2 * edge_s, duration_s - 2 * edge_s),
        "first half": (0.0, duration_s / 2),
        "second half": (duration_s / 2, duration_s),
    }
    return stretches.get(name, (0.0, edge_s))
