"""What an answer may say: only sentences that cite what exists, and nothing about honesty, health or identity."""

from collections.abc import Mapping

from agents.by_rule.knowledge_base import knowledge
from agents.chat import Reply, Sentence
from agents.chat_history import ChatHistory, Source
from agents.report import Report
from agents.searching.report_entries import entries_of
from agents.showing.media import frame_id

NOT_TOLD = "The clip, and what was measured in it, does not tell."
NOT_BORNE_OUT = "The model's answer is left out: nothing that it cites bears it out."


def sources_of(report: Report, history: ChatHistory) -> dict[str, Source]:
    """All that may be cited, by id: what the report has, pictures that the model is shown, and what was found since."""
    sources = [
        Source(id=e.id, text=e.text, person=e.person, start_s=e.start_s, end_s=e.end_s) for e in entries_of(report)
    ]
    moments = history.presentation.moments_s if history.presentation else ()
    sources += [picture(time_s) for time_s in moments]
    return {source.id: source for source in (*sources, *history.found)}


def picture(time_s: float, person: str | None = None) -> Source:
    """A picture that only a model looked at."""
    what = f"{person}'s face" if person else "the picture"
    text = f"{what} at {time_s:.2f} s, seen by the model, not measured"
    return Source(id=frame_id(time_s), text=text, person=person, start_s=time_s, end_s=time_s)


def borne_out(reply: Reply, sources: Mapping[str, Source]) -> tuple[Reply, tuple[str, ...]]:
    """The answer without ids that do not exist and sentences that then cite nothing, and what was left out."""
    kept, notes = list[Sentence](), list[str]()
    for sentence in reply.sentences:
        known = tuple(dict.fromkeys(e for e in sentence.evidence if e in sources))
        unknown = ", ".join(e[:40] for e in sentence.evidence if e not in sources)
        if any(f" {word}" in f" {sentence.text.lower()}" for word in knowledge().forbidden):
            notes.append("a sentence was left out: honesty, health and identity are not judged")
            continue
        if unknown:
            notes.append(f"cited, but there is no {unknown}")
        if known:
            kept.append(sentence.model_copy(update={"evidence": known}))
        else:
            notes.append(f"left out, for it cites nothing: {sentence.text}")
    return reply.model_copy(update={"sentences": tuple(kept)}), tuple(notes)


def in_words(reply: Reply) -> str:
    """A checked answer as a text."""
    told = [f"{s.text.rstrip('.')} [{', '.join(s.evidence)}]." for s in reply.sentences]
    if reply.unanswerable:
        told.append(NOT_TOLD)
    return " ".join(told) or NOT_BORNE_OUT
