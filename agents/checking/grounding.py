"""What an answer may say: only what its evidence bears out, and nothing about honesty, health or identity."""

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from agents.chat import Reply, Sentence
from agents.chat_history import Basis, ChatHistory, Source
from agents.checking.acts import acts, acts_shown, feelings, suggested
from agents.checking.checks import of_others
from agents.checking.counter_evidence import Observed, denied
from agents.checking.head_counts import miscounted
from agents.checking.overcounts import overcounted
from agents.checking.stated_facts import MISSING, PICTURE, UTTERANCE, Ground, not_in
from agents.checking.unjudged import judged
from agents.checking.visual_facts import not_heard, seen_of_a_person, visible_word
from agents.claims import FRAME_PREFIX
from agents.reading.denials import affirmed, without_idioms
from agents.reading.people import named_people, said_to_be_absent
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences
from agents.report import Report
from agents.searching.question import AROUND_S, Topic
from agents.searching.report_entries import Entry, entries_of
from agents.showing.media import frame_id

OF_OTHERS = re.compile(
    r"\b(?:other|others|another|both|everyone|everybody|nobody|all|each|else|they|them)\b", re.IGNORECASE
)
CLAIM = re.compile(r"-(?:behaviour|cognition|emotion)-\d+$")
NOT_TOLD = "The clip, and what was measured in it, does not tell."
NOT_BORNE_OUT = "The model's answer is left out: nothing that it cites bears it out."


def sources_of(report: Report, history: ChatHistory) -> dict[str, Source]:
    """All that may be cited, by id: what the report has, pictures that the model is shown, and what was found since."""
    seen = {o.id for o in report.evidence.observations if seen_of_a_person(o)}
    seen |= {c.id for c in report.claims if any(e in seen or e.startswith(FRAME_PREFIX) for e in c.evidence)}
    kinds: dict[str, tuple[str, ...]] = {o.id: (o.kind,) for o in report.evidence.observations}
    kinds |= {c.id: tuple(k for e in c.evidence for k in kinds.get(e, _of_picture(e))) for c in report.claims}
    for claim in (c for c in report.claims if c.level != "behaviour" and not c.abstained):
        labels = (claim.label, *(other.label for other in claim.alternatives))
        kinds |= {id_: (*kinds.get(id_, ()), *labels) for id_ in (claim.id, *claim.evidence)}
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
    reply: Reply,
    sources: Mapping[str, Source],
    people: Sequence[str],
    end_s: float = math.inf,
    asked_of: str | None = None,
    asked_at: tuple[float, float] | None = None,
    of_a_moment: bool = False,
) -> tuple[Reply, tuple[str, ...]]:
    """The answer without ids that do not exist and sentences that the others do not bear out, and what was left out.

    Args:
        reply: of a model.
        sources: all that may be cited, by id.
        people: ids of those in the clip.
        end_s: of the clip.
        asked_of: the only person whom the question names; a sentence that names nobody is about them.
        asked_at: seconds that the question names; a sentence that denies may be about them.
        of_a_moment: the question names another time or act, of which a denial may be.
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
        cited = [sources[e] for e in known]
        problem = _problem(sentence.text, cited, people, end_s, asked_of)
        if not problem and not any(PICTURE in source.kinds for source in cited):  # it may show what was not measured
            seen = _seen(sources.values())
            then = [] if of_a_moment else _within(seen, asked_at)
            problem = denied(sentence.text, _observed(then), people, asked_of)
            problem = problem or overcounted(sentence.text, _observed(seen), people, asked_of)
        if problem:
            notes.append(f"left out, for {problem}: {sentence.text}")
        else:
            kept.append(sentence.model_copy(update={"evidence": known}))
    return reply.model_copy(update={"sentences": tuple(kept)}), tuple(notes)


def _problem(
    text: str, cited: Sequence[Source], people: Sequence[str], end_s: float, asked_of: str | None
) -> str | None:
    """Why what a sentence cites does not bear it out; none where it does."""
    if not cited:
        return "it cites nothing"
    problem = (
        _of_somebody_else(text, cited, people, asked_of)
        or _of_more(text, cited, people)
        or not_in(text, [_ground(source) for source in cited], end_s)
    )
    told = [unquoted(one) for one in sentences(text)]
    each = (_only_heard(one, cited) or _another_act(one, cited) or _another_feeling(one, cited) for one in told)
    return problem or next((why for why in each if why), None)


def _seen(sources: Iterable[Source]) -> list[Source]:
    """What was seen, without claims of it."""
    return [source for source in sources if source.basis == "seen" and not CLAIM.search(source.id)]


def _within(sources: Sequence[Source], asked_at: tuple[float, float] | None) -> list[Source]:
    """Those of the time that was asked for, not of its edges: a moment that is asked for stands for a stretch."""
    start_s, end_s = asked_at or (0.0, math.inf)
    inset_s = min(AROUND_S, (end_s - start_s) / 2)
    return [s for s in sources if s.start_s <= end_s - inset_s and s.end_s >= start_s + inset_s]


def _observed(sources: Iterable[Source]) -> list[Observed]:
    return [Observed(frozenset(s.kinds), s.person, s.text) for s in sources]


def _ground(source: Source) -> Ground:
    kinds = (*source.kinds, MISSING) if source.basis == "missing" else source.kinds
    return Ground(frozenset(kinds), source.text, source.start_s, source.end_s)


def _of_somebody_else(text: str, cited: Sequence[Source], people: Sequence[str], asked_of: str | None) -> str | None:
    """Each person that is named needs something of theirs or of the whole clip, and nobody else's.

    Where nobody is, the one who was asked about does; not where it says that it tells of others.
    """
    cited_of = {source.person for source in cited}
    named = [n for n in named_people(unquoted(text)) if n in people or not said_to_be_absent(n, text)]
    if not named:
        theirs = asked_of is None or bool(cited_of & {asked_of, None}) or OF_OTHERS.search(text) is not None
        return None if theirs else f"{asked_of} was asked about, but it cites nothing of {asked_of}"
    if strangers := [name for name in named if name not in people]:
        return f"there is no {' or '.join(strangers)}"
    bare = [name for name in named if not cited_of & {name, None}]
    return of_others(named, cited_of) or (f"it cites nothing of {' or '.join(bare)}" if bare else None)


def _of_more(text: str, cited: Sequence[Source], people: Sequence[str]) -> str | None:
    """Other people than there are, seen to do something; a picture may show some whose face was not found."""
    pictured = any(PICTURE in source.kinds for source in cited)
    if not people or pictured or not any(source.basis == "seen" for source in cited):
        return None
    return miscounted(text, people)


def _only_heard(text: str, cited: Sequence[Source]) -> str | None:
    """Something visible needs something seen; that it was not seen may rest on why something is missing."""
    bases = {source.basis for source in cited}
    if "seen" in bases:
        return None
    told = affirmed(text) if "missing" in bases else [text]
    word = next((word for one in told if (word := visible_word(one, _said(cited)))), None)
    return not_heard(word) if word else None


def _another_act(text: str, cited: Sequence[Source]) -> str | None:
    """An act needs itself, a text of something seen that names it, or a picture; a denial needs none."""
    if any(PICTURE in source.kinds for source in cited):
        return None
    kinds = {kind for source in cited for kind in source.kinds}
    told = _acts_in(source.text for source in cited if source.basis == "seen")
    told |= {name for source in cited if source.basis != "other" for name in acts_shown(source.text)}
    said, named = _acts_in(_said(cited)), list[Topic]()
    for clause in affirmed(text):
        itself, report = reported(clause)
        named += [act for act in acts(itself) if act.name not in told]
        named += [act for act in acts(report) if act.name not in told | said]
    missing = next((act.name for act in named if not kinds & {*act.kinds, *act.shown_by}), None)
    return f"it tells of {missing}, but cites none" if missing else None


def _another_feeling(text: str, cited: Sequence[Source]) -> str | None:
    """A feeling needs a claim of it or what one rests on, its signs, words or a text that name it, or a picture."""
    if any(PICTURE in source.kinds for source in cited):
        return None
    kinds = {kind for source in cited for kind in source.kinds}
    # what follows the first sentence of a claim warns of look-alikes
    texts = (source.text if UTTERANCE in source.kinds else source.text.split(". ")[0] for source in cited)
    told = {topic.name for one in texts for topic in feelings(one)}
    clauses = (reported(without_idioms(clause))[0] for clause in affirmed(text))
    named = [topic for clause in clauses for topic in feelings(clause) if topic.name not in told]
    bare = (topic for topic in named if not kinds & set(topic.labels) and not suggested(topic.labels, kinds))
    missing = next((topic.name.removeprefix("claim of ") for topic in bare), None)
    return f"it tells of {missing}, but cites no claim or sign of it" if missing else None


def _acts_in(texts: Iterable[str]) -> set[str]:
    return {act.name for text in texts for act in acts(text)}


def _said(cited: Sequence[Source]) -> list[str]:
    """The utterances among what is cited."""
    return [source.text for source in cited if UTTERANCE in source.kinds]


def in_words(reply: Reply) -> str:
    """A checked answer as a text."""
    told = [f"{s.text.rstrip('.')} [{', '.join(s.evidence)}]." for s in reply.sentences]
    if reply.unanswerable:
        told.append(NOT_TOLD)
    return " ".join(told) or NOT_BORNE_OUT
