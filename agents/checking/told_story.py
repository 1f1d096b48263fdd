"""Whether a narrative tells only what its report has: nobody, and nothing felt, done or measured, beyond it."""

import re
from collections.abc import Sequence

from agents.case import Case
from agents.checking.acts import acts
from agents.checking.checks import ground_of, nobody_called
from agents.checking.counter_evidence import Observed, denied
from agents.checking.head_counts import miscounted
from agents.checking.overcounts import overcounted
from agents.checking.stated_facts import UTTERANCE, Ground, another_time, ground_of_reason, not_in
from agents.checking.unjudged import judged
from agents.claims import Claim
from agents.reading.denials import affirmed, without_idioms
from agents.reading.quotations import reported, unquoted
from agents.reading.sentences import sentences
from agents.reading.stems import stems
from agents.searching.question import names_labels, question_words


def not_in_report(text: str, case: Case) -> str | None:
    """What a narrative tells that is no claim or observation of the case; none where it keeps to them."""
    problem = nobody_called(text, case) or _miscounted(text, case) or judged(text)
    problem = problem or not_in(text, _grounds(case), case.clip.duration_s) or _against(text, case)
    claims = [c for c in case.claims if not c.abstained]
    told = (clause for sentence in sentences(text) for clause in affirmed(unquoted(sentence)))
    each = (_not_done(clause, case) or _not_then(clause, case) or _not_claimed(clause, claims, case) for clause in told)
    return problem or next((why for why in each if why), None)


def _miscounted(text: str, case: Case) -> str | None:
    """More or fewer people than were seen; one who is only heard may talk, and where nobody looked nobody knows."""
    if not case.people:
        return None
    return miscounted(text, case.people, most=len({said.speaker for said in case.clip.transcript if said.speaker}))


def _against(text: str, case: Case) -> str | None:
    """A movement that was observed and is denied, or counted more often."""
    observed = [Observed(frozenset({o.kind}), o.person, o.text) for o in case.evidence.observations]
    return denied(text, observed, case.people) or overcounted(text, observed, case.people)


def _grounds(case: Case) -> list[Ground]:
    """All that was observed or said, and why other things were not measured."""
    end_s = case.clip.duration_s
    reasons = (ground_of_reason(a.tool, a.reason, end_s) for a in case.evidence.abstentions)
    said = (Ground(frozenset({UTTERANCE}), u.text, u.start_s, u.end_s) for u in case.clip.transcript)
    return [*map(ground_of, case.evidence.observations), *said, *reasons]


def _not_done(clause: str, case: Case) -> str | None:
    """An act that nobody was seen to make, and no claim speaks of."""
    kinds = {o.kind for o in case.evidence.observations}
    told = {act.name for claim in case.claims for act in acts(_words_of(claim, case))}
    missing = (act.name for act in acts(clause) if act.name not in told and not kinds & {*act.kinds, *act.shown_by})
    named = next(missing, None)
    return f"it tells of {named}, which nobody was seen to do" if named else None


def _not_then(clause: str, case: Case) -> str | None:
    """An act at a time at which nobody was seen to make it; beside feelings or words, the time may be theirs."""
    named = acts(clause)
    if not named or names_labels(clause) or reported(clause)[0] != clause:
        return None
    kinds = {kind for act in named for kind in (*act.kinds, *act.shown_by)}
    seen = [ground_of(o) for o in case.evidence.observations if o.kind in kinds]
    names = {act.name for act in named}
    told = [c for c in case.claims if names & {act.name for act in acts(_words_of(c, case))}]
    seen += [Ground(frozenset({c.label}), c.text, c.start_s, c.end_s) for c in told]
    return another_time(clause, seen, case.clip.duration_s) if seen else None


def _not_claimed(clause: str, claims: Sequence[Claim], case: Case) -> str | None:
    """A feeling or thought, by its label or another word for it, that no claim has or speaks of."""
    held = " ".join(_words_of(claim, case) for claim in claims).lower()
    neutral = set(case.codebook.neutral.values())
    labels = [x for level in ("cognition", "emotion") for x in case.codebook.labels(level) if x.id not in neutral]
    for label in labels:
        if _named(label.name, clause) and not _ordinary(label.name) and not _named(label.name, held):
            return f"it tells of {label.name.lower()}, which is not claimed"
    ids = {label.id for label in labels}
    claimed = {c.label for c in claims} | {a.label for c in claims for a in c.alternatives}
    known = {topic.name for topic in names_labels(held)}
    for topic in names_labels(without_idioms(clause)):
        if ids & set(topic.labels) and not claimed & set(topic.labels) and topic.name not in known:
            return f"it tells of a {topic.name}, but there is none"
    return None


def _words_of(claim: Claim, case: Case) -> str:
    """The words of a claim and the names of its labels."""
    ids = (claim.label, *(a.label for a in claim.alternatives))
    names = [label.name for id_ in ids if (label := case.codebook.label(claim.level, id_))]
    return " ".join((*ids, *names, claim.text))


def _named(name: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) is not None


def _ordinary(name: str) -> bool:
    """Whether a label is a word for its whole level, such as thinking, or for what is left over."""
    levels = {stems(phrase) for topic in question_words().topics if topic.levels for phrase in topic.asked}
    return stems(name) in levels or name.lower() in ("other", "content", "touched")
