"""Questions about a report answered without a model: by a search of its claims, observations, words and reasons.

BM25 (Robertson & Zaragoza 2009) ranks them, or sentence embeddings where an embedder is configured.
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from agents.reading.people import named_people
from agents.reading.quotations import own_words, unquoted
from agents.report import Report
from agents.searching.question import Question, Topic, Window, content, question_words, read_question, repetitions
from agents.searching.report_entries import Entry, Sort, entries_of, span
from agents.showing.relevance import load_embedder
from perception.evidence import SHORT_S, Frozen, Seconds, Share

Ranked = list[tuple[Entry, float]]  # with scores, the best first
Told = tuple[str, tuple[str, ...]]  # a sentence and the ids that it cites

MOST_SENTENCES = 4
MOST_PLACES = 8  # told of what was counted
ON_TOPIC = 0.5  # how much it alone speaks for a hit that it is of the kind that is asked for
SIMILAR = 0.35  # cosine under which two sentences have nothing to do with each other
WHOLE_CLIP, LASTING = 0.9, 0.5  # what lasts so much of the clip says so little more of one moment in it
PLAIN = 0.5  # for a claim that nothing stood out
KEPT = 0.7  # of the best hit's score: what is weaker is no part of the answer
ID = re.compile(r"[\w@][\w@.-]*\w")  # of a claim or an observation, among other words
NO_WORDS = ""  # stands for a text of stop words only: an index needs a word
HALF_BM25 = 1.0  # the BM25 score that counts one half

TELLING: dict[Sort, float] = {  # what to say first when nothing in particular is asked
    "emotion": 1.0, "cognition": 0.9, "behaviour": 0.9, "utterance": 0.8, "observation": 0.6, "absence": 0.1,
}  # fmt: skip


class Hit(Frozen):
    """Something in a report that bears on a question."""

    id: str = Field(
        description="of the claim or observation; utterance@seconds, abstention-N or failure-N for what else there is"
    )
    text: str
    person: str | None = None
    start_s: Seconds
    end_s: Seconds
    score: Share


class Retrieved(Frozen):
    """An answer that a search gave."""

    text: str = Field(description="one to four sentences, each with the ids that it rests on in brackets")
    citations: tuple[str, ...]
    method: Literal["bm25", "embedding"]
    answers: bool = Field(default=True, description="false: refused, of nobody who is there, or nothing is on it")


def search(question: str, report: Report, *, embedder: str | None = None, most: int = 8) -> tuple[Hit, ...]:
    """What in the report bears on a question, the best first; nothing when nothing does.

    A time ("at 12 s", "between 2 and 5 s", "0:12", "in the first 3 seconds", "at the end") or a person ("P2",
    "the second person") in the question leaves only what is of that time or person.

    Args:
        question: in English.
        report: of one clip.
        embedder: a sentence-transformers model, its id or folder; none: BM25.
        most: hits returned.

    Raises:
        EmbedderError: sentence-transformers is not installed, or the model can't be loaded.
    """
    found = _ranked(read_question(question, report), report, embedder)[:most]
    return tuple(
        Hit(id=e.id, text=e.text, person=e.person, start_s=e.start_s, end_s=e.end_s, score=score) for e, score in found
    )


def answer_by_retrieval(question: str, report: Report, *, embedder: str | None = None) -> Retrieved:
    """The best hits as sentences with their citations; says so when there are none, and refuses what is not judged.

    Every number in it is one of the report's, or counts the observations cited.

    Raises:
        EmbedderError: sentence-transformers is not installed, or the model can't be loaded.
    """
    asked = read_question(question, report)
    sentences = question_words().sentences
    method: Literal["bm25", "embedding"] = "embedding" if embedder else "bm25"
    if asked.refused:
        text = sentences["refused"].format(about=asked.refused)
        return Retrieved(text=text, citations=(), method=method, answers=False)
    told: list[Told] = [(line, ()) for line in _outright(asked, report)]
    if not told:
        told = _exactly(asked, report) or _told(asked, _ranked(asked, report, embedder), report)
    lines = [*(line for line, _ in told), sentences["closing"]]
    cited = dict.fromkeys(i for _, ids in told for i in ids)
    answers = not asked.strangers and told[0][0] != sentences["nothing"]
    return Retrieved(text=" ".join(lines), citations=tuple(cited), method=method, answers=answers)


def _ranked(asked: Question, report: Report, embedder: str | None) -> Ranked:
    """What bears on the question and how much in (0, 1], the best first."""
    entries = entries_of(report)
    alike = _alike(asked, tuple(e.searched for e in entries), embedder)
    scored = [(e, _fit(e, float(like), asked, report.clip.duration_s)) for e, like in zip(entries, alike, strict=True)]
    named = named_in(asked.text, report)
    fitting = [(e, 1.0 if e in named else score) for e, score in scored if score > 0 or e in named]
    return sorted(fitting, key=lambda pair: (-pair[1], pair[0].start_s, pair[0].id))


def named_in(text: str, report: Report) -> list[Entry]:
    """What a text names by its id."""
    ids = set(ID.findall(text.lower()))
    return [entry for entry in entries_of(report) if entry.id.lower() in ids]


def _fit(entry: Entry, alike: float, asked: Question, duration_s: float) -> float:
    if asked.people and entry.person not in (None, *asked.people):
        return 0.0
    if asked.window and not _within(entry, asked.window):
        return 0.0
    if asked.overview or (asked.absence and not asked.topics and entry.sort == "absence"):
        alike = max(alike, TELLING[entry.sort])
    on_topic = any(_bears_on(entry, topic) for topic in asked.topics)
    score = 1 - (1 - alike) * (1 - ON_TOPIC * on_topic)
    lasting = asked.window is not None and entry.end_s - entry.start_s >= WHOLE_CLIP * duration_s
    return score * (LASTING if lasting else 1.0) * (PLAIN if entry.plain else 1.0) * (1 + entry.confidence) / 2


def _alike(asked: Question, texts: tuple[str, ...], embedder: str | None) -> npt.NDArray[np.floating]:
    """How alike the question and each text are, in [0, 1], shape (texts,)."""
    if not texts or not asked.words:
        return np.zeros(len(texts))
    if embedder:
        near = _vectors(texts, embedder) @ load_embedder(embedder).encode([asked.text], normalize_embeddings=True)[0]
        return np.where(near >= SIMILAR, np.clip(near, 0, 1), 0.0)
    scores = _bm25(texts).get_scores(list(asked.words))
    return np.asarray(scores / (scores + HALF_BM25))


@lru_cache(maxsize=8)
def _bm25(texts: tuple[str, ...]) -> Any:
    import bm25s  # type: ignore[import-untyped]

    index = bm25s.BM25()
    index.index([list(content(text)) or [NO_WORDS] for text in texts], show_progress=False)
    return index


@lru_cache(maxsize=8)
def _vectors(texts: tuple[str, ...], embedder: str) -> npt.NDArray[np.floating]:
    return np.asarray(load_embedder(embedder).encode(list(texts), normalize_embeddings=True))


def _bears_on(entry: Entry, topic: Topic) -> bool:
    if entry.sort == "absence":
        return entry.mark in topic.tools or entry.mark in topic.levels
    if entry.sort in ("observation", "utterance"):
        return entry.mark in topic.kinds
    return entry.sort in topic.levels or entry.mark in topic.labels


def _within(entry: Entry, window: Window) -> bool:
    return entry.start_s <= window[1] and entry.end_s >= window[0]


# ---- how it is told


def _outright(asked: Question, report: Report) -> list[str]:
    """What answers without a search: a time after the end, a fact of the file, nobody of that name."""
    file = question_words().sentences["file"].format(clip=report.clip) if asked.of_the_file else None
    told = _beyond(asked, report) or file or _nobody(asked, report) or _nobody_else(asked, report)
    return [told] if told else []


def not_there(asked: Question, report: Report) -> str | None:
    """That a question asks for a time after the clip's end, or for somebody who is neither seen nor heard in it."""
    return _beyond(asked, report) or _nobody(asked, report)


def _beyond(asked: Question, report: Report) -> str | None:
    """Times of day that somebody speaks of are no times of the clip."""
    window = asked.window and read_question(own_words(asked.text), report).window
    late = window is not None and window[0] > report.clip.duration_s
    return question_words().sentences["beyond"].format(duration_s=report.clip.duration_s) if late else None


def _nobody(asked: Question, report: Report) -> str | None:
    speakers, named = {said.speaker for said in report.clip.transcript}, named_people(unquoted(asked.text))
    strangers = [who for who in asked.strangers if who in named and who not in speakers]
    if not strangers:
        return None
    ids = [p.id for p in report.people]
    present = f"there {'is' if len(ids) == 1 else 'are'} {', '.join(ids) or 'no people'}"
    return question_words().sentences["nobody"].format(asked=", ".join(strangers), present=present)


def _nobody_else(asked: Question, report: Report) -> str | None:
    """That somebody else is asked for where there is one person only."""
    alone = asked.others and len(report.people) == 1
    return question_words().sentences["nobody_else"].format(present=report.people[0].id) if alone else None


def _told(asked: Question, ranked: Ranked, report: Report) -> list[Told]:
    """The answer's sentences with the ids that each cites."""
    bearing = [(e, s) for e, s in ranked if any(_bears_on(e, topic) for topic in asked.topics)]
    if asked.topics and not (asked.names and asked.rest and not _naming(asked.rest, bearing)):
        most = max(1, MOST_SENTENCES // len(asked.topics))
        told = [_of_topic(topic, asked, bearing, report)[:most] for topic in asked.topics]
        return list(dict.fromkeys(line for lines in told for line in lines))[:MOST_SENTENCES]
    if asked.topics:
        return [(question_words().sentences["nothing"], ())]
    ranked = _various(ranked) if asked.overview else ranked
    return _list(ranked, all_told=asked.overview) or [(question_words().sentences["nothing"], ())]


def _exactly(asked: Question, report: Report) -> list[Told]:
    """What the question names by its id, and nothing else."""
    named = named_in(asked.text, report)
    shown = named if len(named) <= MOST_SENTENCES else named[: MOST_SENTENCES - 1]
    return _and_more(shown, len(named) - len(shown))


def _of_topic(topic: Topic, asked: Question, bearing: Ranked, report: Report) -> list[Told]:
    """What was found of a topic, counted if asked; that nothing was, and why."""
    on = [(e, s) for e, s in bearing if _bears_on(e, topic)]
    found, reasons = [p for p in on if p[0].sort != "absence"], [p for p in on if p[0].sort == "absence"]
    found = [p for p in found if not p[0].plain] or found
    measured = any(e.sort in ("observation", "utterance") for e, _ in found) or (found and not topic.kinds)
    counts = asked.counts or (asked.lasts and not topic.people)
    told = _counted(topic, asked, [e for e, _ in found]) if counts else []
    found = _naming(asked.rest, found) or found
    lines = told or _few(topic, asked, found) or [(_none(topic, asked, report), ())]
    if measured and not asked.absence and not told:
        return lines
    return lines + _list(_naming(asked.words, reasons) or reasons)  # they qualify a count as well


def _few(topic: Topic, asked: Question, found: Ranked) -> list[Told]:
    """The best few of a topic; of what `how many` counts the first few for "when", and how many more there are."""
    events = sorted((e for e, _ in found if e.mark in topic.counted), key=lambda e: (e.start_s, e.id))
    if not asked.times or not events:
        return _list(found, counted=events)
    if len(events) > MOST_SENTENCES:
        return _and_more(events[: MOST_SENTENCES - 1], len(events) - MOST_SENTENCES + 1)
    others = [e for e, _ in found if e not in events]
    return [_cited(e) for e in (*events, *others)][:MOST_SENTENCES]


def _counted(topic: Topic, asked: Question, found: Sequence[Entry]) -> list[Told]:
    """How many or how long and when, for each person, then what else is known, such as a rate; none if none counts."""
    lasting = asked.lasts and not asked.counts
    form = question_words().sentences["people" if topic.people else "lasting" if lasting else "counted"]
    name = topic.name[0].upper() + topic.name[1:]
    told: list[Told] = []
    counted = sorted((e for e in found if topic.people or e.mark in topic.counted), key=lambda e: (e.start_s, e.id))
    for person in [None] * bool(counted) if topic.people else sorted({e.person for e in counted}, key=str):
        entries = counted if topic.people else [e for e in counted if e.person == person]
        number = len({e.person for e in entries}) if topic.people else _how_many(entries, lasting=lasting)
        shown = entries[:MOST_PLACES]
        places = ", ".join(
            f"{e.person if topic.people else _lasting(e) if lasting else _at(e)} [{e.id}]" for e in shown
        )
        places = f"among them {places}" if len(shown) < len(entries) else places
        whose = f" for {person}" if person else ""
        line = form.format(name=name, whose=whose, when=_when(asked), count=number, places=places)
        told.append((line, tuple(e.id for e in shown)))
    others = [e for e in found if told and not topic.people and e.mark in topic.kinds and e.mark not in topic.counted]
    return told + [_cited(e) for e in others]


def _how_many(entries: Sequence[Entry], *, lasting: bool) -> int:
    """How many there are, some of which are observed together ("nods (2x)"), as their lengths are."""
    return len(entries) if lasting else sum(repetitions(e.text) for e in entries)


def _none(topic: Topic, asked: Question, report: Report) -> str:
    """That nothing of a topic was found, or that nothing looked for it."""
    sentences = question_words().sentences
    if not {run.tool for run in report.evidence.tools} & set(topic.tools):
        return sentences["not_run"].format(name=topic.name, tools=", ".join(topic.tools))
    whose = f" for {' or '.join(asked.people)}" if asked.people else ""
    return sentences["none"].format(name=topic.name, whose=whose, when=_when(asked))


def _naming(words: Sequence[str], ranked: Ranked) -> Ranked:
    """Those that have one of the words."""
    return [(e, s) for e, s in ranked if not set(words).isdisjoint(content(e.searched))]


def _list(ranked: Ranked, all_told: bool = False, counted: Sequence[Entry] = ()) -> list[Told]:
    """The best few that are not much weaker than the first, in order of time, and how many more there are.

    Where some of them are counted, as blinks are and their rate is not, more of these.
    """
    kept = [e for e, score in ranked if all_told or score >= KEPT * ranked[0][1]]
    more = len(kept) - MOST_SENTENCES
    if all_told or more <= 0:
        return [_cited(e) for e in sorted(kept[:MOST_SENTENCES], key=lambda e: (e.start_s, e.end_s))]
    shown = sorted(kept[: MOST_SENTENCES - 1], key=lambda e: (e.start_s, e.end_s))
    return _and_more(shown, sum(e not in shown for e in counted or kept))


def _and_more(shown: Sequence[Entry], more: int) -> list[Told]:
    told = [_cited(e) for e in shown]
    return [*told, (question_words().sentences["more"].format(count=more), ())] if more else told


def _various(ranked: Ranked) -> Ranked:
    """The best of each sort, then the second of each, and so on."""
    turn: Counter[Sort] = Counter()
    turns = []
    for entry, score in ranked:
        turns.append((turn[entry.sort], entry, score))
        turn[entry.sort] += 1
    return [(entry, score) for _, entry, score in sorted(turns, key=lambda t: t[0])]


def _at(entry: Entry) -> str:
    return span(entry.start_s, entry.end_s) if entry.end_s - entry.start_s >= SHORT_S else f"{entry.start_s:.1f} s"


def _lasting(entry: Entry) -> str:
    return f"{entry.end_s - entry.start_s:.1f} s ({span(entry.start_s, entry.end_s)})"


def _cited(entry: Entry) -> Told:
    sentence = entry.sentence.rstrip(".")
    return f"{sentence[0].upper()}{sentence[1:]} [{entry.id}].", (entry.id,)


def _when(asked: Question) -> str:
    return f" between {asked.window[0]:.1f} and {asked.window[1]:.1f} s" if asked.window else ""
