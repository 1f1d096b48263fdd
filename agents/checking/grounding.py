"""What an answer may say: only what its evidence bears out, and nothing about honesty, health or identity."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from agents.chat import Reply, Sentence
from agents.chat_history import Basis, ChatHistory, Source
from agents.checking.checks import of_others
from agents.checking.stated_facts import MISSING, PICTURE, UTTERANCE, Ground, not_in
from agents.checking.unjudged import judged
from agents.checking.visual_facts import not_heard, seen_of_a_person, visible_word
from agents.claims import FRAME_PREFIX
from agents.reading.denials import affirmed
from agents.reading.people import named_people
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences
from agents.report import Report
from agents.searching.question import Topic, movements
from agents.searching.report_entries import Entry, entries_of
from agents.showing.media import frame_id

NOT_TOLD = "The clip, and what was measured in it, does not tell."
NOT_BORNE_OUT = "The model's answer is left out: nothing that it cites bears it out."


def sources_of(report: Report, history: ChatHistory) -> dict[str, Source]:
    """All that may be cited, by id: what the report has, pictures that the model is shown, and what was found since."""
    seen = {o.id for o in report.evidence.observations if seen_of_a_person(o)}
    seen |= {c.id for c in report.claims if any(e in seen or e.startswith(FRAME_PREFIX) for e in c.evidence)}
    kinds: dict[str, tuple[str, ...]] = {o.id: (o.kind,) for o in report.evidence.observations}
    kinds |= {c.id: tuple(k for e in c.evidence for k in kinds.get(e, _of_picture(e))) for c in report.claims}
    entries = [_source(entry, seen, kinds) for entry in entries_of(report)]
    moments = history.presentation.moments_s if history.presentation else ()
    return by_id((*entries, *map(picture, moments), *history.found))


def _of_picture(id_: str) -> tuple[str, ...]:
    return (PICTURE,) if id_.startswith(FRAME_PREFIX) else ()


def _source(entry: Entry, seen: Collection[str], kinds: Mapping[str, tuple[str, ...]]) -> Source:
    shown: Basis = "seen" if entry.id in seen else "other"
    return Source(
        id=entry.id,
        text=entry.text,
        person=entry.person,
        start_s=entry.start_s,
        end_s=entry.end_s,
        basis="missing" if entry.sort == "absence" else shown,
        kinds=kinds.get(entry.id, (entry.mark,) if entry.sort == "utterance" else ()),
    )


def by_id(sources: Iterable[Source]) -> dict[str, Source]:
    """The first of each id; a moment at which more than one face was looked at counts as a whole picture."""
    known: dict[str, Source] = {}
    for source in sources:
        before = known.setdefault(source.id, source)
        if before.person != source.person:
            known[source.id] = picture(source.start_s)
    return known


def picture(time_s: float, person: str | None = None) -> Source:
    """A picture that only a model looked at."""
    what = f"{person}'s face" if person else "the picture"
    text = f"{what} at {time_s:.2f} s, seen by the model, not measured"
    return Source(
        id=frame_id(time_s), text=text, person=person, start_s=time_s, end_s=time_s, basis="seen", kinds=(PICTURE,)
    )


def borne_out(
    reply: Reply, sources: Mapping[str, Source], people: Sequence[str], end_s: float = math.inf
) -> tuple[Reply, tuple[str, ...]]:
    """The answer without ids that do not exist and sentences that the others do not bear out, and what was left out.

    Args:
        reply: of a model.
        sources: all that may be cited, by id.
        people: ids of those in the clip.
        end_s: of the clip.
    """
    kept, notes = list[Sentence](), list[str]()
    for sentence in reply.sentences:
        known = tuple(dict.fromkeys(e for e in sentence.evidence if e in sources))
        unknown = ", ".join(e[:40] for e in sentence.evidence if e not in sources)
        if judgement := judged(sentence.text):
            notes.append(f"a sentence was left out, for {judgement}")
            continue
        if unknown:
            notes.append(f"cited, but there is no {unknown}")
        if problem := _problem(sentence.text, [sources[e] for e in known], people, end_s):
            notes.append(f"left out, for {problem}: {sentence.text}")
        else:
            kept.append(sentence.model_copy(update={"evidence": known}))
    return reply.model_copy(update={"sentences": tuple(kept)}), tuple(notes)


def _problem(text: str, cited: Sequence[Source], people: Sequence[str], end_s: float) -> str | None:
    """Why what a sentence cites does not bear it out; none where it does."""
    if not cited:
        return "it cites nothing"
    problem = _of_somebody_else(text, cited, people) or not_in(text, [_ground(source) for source in cited], end_s)
    told = [unquoted(one) for one in sentences(text)]
    each = (_only_heard(one, cited) or _another_movement(one, cited) for one in told)
    return problem or next((why for why in each if why), None)


def _ground(source: Source) -> Ground:
    kinds = (*source.kinds, MISSING) if source.basis == "missing" else source.kinds
    return Ground(frozenset(kinds), source.text, source.start_s, source.end_s)


def _of_somebody_else(text: str, cited: Sequence[Source], people: Sequence[str]) -> str | None:
    """Each person that is named needs something of theirs or of the whole clip, and nobody else's."""
    named = named_people(unquoted(text))
    if not named:
        return None
    if strangers := [name for name in named if name not in people]:
        return f"there is no {' or '.join(strangers)}"
    cited_of = {source.person for source in cited}
    bare = [name for name in named if not cited_of & {name, None}]
    return of_others(named, cited_of) or (f"it cites nothing of {' or '.join(bare)}" if bare else None)


def _only_heard(text: str, cited: Sequence[Source]) -> str | None:
    """Something visible needs something seen; that it was not seen may rest on why something is missing."""
    bases = {source.basis for source in cited}
    if "seen" in bases:
        return None
    told = affirmed(text) if "missing" in bases else [text]
    word = next((word for one in told if (word := visible_word(one, _said(cited)))), None)
    return not_heard(word) if word else None


def _another_movement(text: str, cited: Sequence[Source]) -> str | None:
    """A movement needs itself, a text of something seen that names it, or a picture; a denial needs none."""
    if any(PICTURE in source.kinds for source in cited):
        return None
    kinds = {kind for source in cited for kind in source.kinds}
    told = _movements_of(source.text for source in cited if source.basis == "seen")
    said, named = _movements_of(_said(cited)), list[Topic]()
    for clause in affirmed(text):
        itself, report = reported(clause)
        named += [topic for topic in movements(itself) if topic.name not in told]
        named += [topic for topic in movements(report) if topic.name not in told | said]
    missing = next((topic.name for topic in named if not kinds & {*topic.kinds, *topic.shown_by}), None)
    return f"it tells of {missing}, but cites none" if missing else None


def _movements_of(texts: Iterable[str]) -> set[str]:
    return {topic.name for text in texts for topic in movements(text)}


def _said(cited: Sequence[Source]) -> list[str]:
    """The utterances among what is cited."""
    return [source.text for source in cited if UTTERANCE in source.kinds]


def in_words(reply: Reply) -> str:
    """A checked answer as a text."""
    told = [f"{s.text.rstrip('.')} [{', '.join(s.evidence)}]." for s in reply.sentences]
    if reply.unanswerable:
        told.append(NOT_TOLD)
    return " ".join(told) or NOT_BORNE_OUT
