"""What can be found in a report, piece by piece: claims, observations, words, and why something is missing."""

from typing import Literal, NamedTuple

from agents.by_rule.knowledge_base import in_words
from agents.by_rule.narration import OPENINGS
from agents.claims import FRAME_PREFIX, Claim
from agents.codebook import Codebook, codebook_names, load_codebook
from agents.report import Failure, Report
from perception.clip import Utterance
from perception.evidence import Abstention, Observation

Sort = Literal["behaviour", "cognition", "emotion", "utterance", "observation", "absence"]


class Entry(NamedTuple):
    """Something that can be found."""

    id: str
    sort: Sort
    mark: str  # what topics know it by: kind, label, tool or level
    text: str
    sentence: str  # how an answer tells it
    searched: str
    person: str | None
    start_s: float
    end_s: float
    confidence: float
    plain: bool = False  # a claim that nothing stood out


def entries_of(report: Report) -> tuple[Entry, ...]:
    """Every entry of a report. An utterance that a tool also observed is that observation."""
    name, evidence, end_s = report.provenance.codebook, report.evidence, report.clip.duration_s
    codebook = load_codebook(name) if name in codebook_names() else None  # a user's own is not in the report
    kinds = {o.id: o.kind for o in evidence.observations}
    observed = {(round(o.start_s, 2), round(o.end_s, 2)) for o in evidence.of("utterance")}
    unobserved = (u for u in report.clip.transcript if (round(u.start_s, 2), round(u.end_s, 2)) not in observed)
    return (
        *(_of_claim(claim, codebook, kinds) for claim in report.claims),
        *(_of_observation(seen) for seen in evidence.observations),
        *(_of_utterance(said) for said in unobserved),
        *(_of_abstention(f"abstention-{n}", missing, end_s) for n, missing in enumerate(evidence.abstentions, 1)),
        *(_of_failure(f"failure-{n}", failure, end_s) for n, failure in enumerate(report.failures, 1)),
    )


def _of_claim(claim: Claim, codebook: Codebook | None, kinds: dict[str, str]) -> Entry:
    label = codebook.label(claim.level, claim.label) if codebook else None
    name = label.name if label else claim.label.replace("_", " ")
    plain = codebook is not None and codebook.neutral.get(claim.level) == claim.label
    first = claim.text.split(". ")[0]  # what follows warns of look-alikes, which would be found as if they were claimed
    searched = f"{name} {label.definition if label else ''} {first}"
    when = ", ".join(part for part in (claim.person, span(claim.start_s, claim.end_s)) if part)
    text = f"{when}: {claim.text} (confidence {claim.confidence:.2f})"
    if claim.abstained:
        sentence = f"{when}: {claim.text.rstrip('.')}"
    elif plain:
        sentence = f"{when}: no sign of {claim.level} stood out (confidence {claim.confidence:.2f})"
    else:
        seen = in_words(tuple(dict.fromkeys(kinds[e] for e in claim.evidence if e in kinds)))
        looked = "frames that a model looked at" if any(e.startswith(FRAME_PREFIX) for e in claim.evidence) else ""
        grounds = " and ".join(part for part in (seen, looked) if part)
        says = f"{OPENINGS[claim.level]} {name.lower()}, from {grounds}"
        sentence = f"{when}: {says} (confidence {claim.confidence:.2f})"
    sort: Sort = "absence" if claim.abstained else claim.level
    mark = claim.level if claim.abstained else claim.label
    times = (claim.person, claim.start_s, claim.end_s, claim.confidence)
    return Entry(claim.id, sort, mark, text, sentence, searched, *times, plain)


def _of_observation(seen: Observation) -> Entry:
    sort: Sort = "utterance" if seen.kind == "utterance" else "observation"
    searched = f"{in_words([seen.kind])} {seen.text}"
    times = (seen.person, seen.start_s, seen.end_s, seen.confidence)
    return Entry(seen.id, sort, seen.kind, seen.text, seen.text, searched, *times)


def _of_utterance(said: Utterance) -> Entry:
    text = f"{said.speaker or 'someone'} says: “{said.text}”, {span(said.start_s, said.end_s)}"
    name = f"utterance@{said.start_s:.2f}"
    return Entry(name, "utterance", "utterance", text, text, said.text, None, said.start_s, said.end_s, 1.0)


def _of_abstention(entry_id: str, missing: Abstention, end_s: float) -> Entry:
    who = f" for {missing.person}" if missing.person else ""
    text = f"the tool {missing.tool} abstained{who}: {missing.reason}"
    searched = f"{missing.tool.replace('_', ' ')} {missing.reason}"
    return Entry(entry_id, "absence", missing.tool, text, text, searched, missing.person, 0.0, end_s, 1.0)


def _of_failure(entry_id: str, failure: Failure, end_s: float) -> Entry:
    text = f"{failure.stage} failed: {failure.what}"
    return Entry(entry_id, "absence", failure.stage, text, text, text, None, 0.0, end_s, 1.0)


def span(start_s: float, end_s: float) -> str:
    """Times in words."""
    return f"{start_s:.1f}-{end_s:.1f} s"
