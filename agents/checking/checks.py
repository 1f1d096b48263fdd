"""What code checks of every claim before anyone believes it: hard checks of drafts, soft checks of claims.

A draft that fails a hard check never becomes a claim. A claim that fails a soft check is sent back to its level.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from agents.case import Case
from agents.checking import integrity
from agents.checking.confidence import Sureness, stated
from agents.checking.contradictions import SOFT_CHECKS
from agents.checking.stated_facts import PICTURE, Ground, not_in
from agents.checking.unjudged import judged
from agents.checking.visual_facts import words_are_no_picture
from agents.claims import FRAME_PREFIX, TEXT_CHARACTERS, Claim, Draft, Level, RejectedClaim, Verdict
from agents.reading.people import named_people, said_to_be_absent
from agents.reading.quotations import unquoted
from agents.showing.media import frame_id
from perception.evidence import Observation

ROUNDING_S = 0.05  # a claim may miss its evidence by a frame or two: times are read and rounded by models
SEEN_ONLY_AT_MOST = 0.5  # confidence of a claim that no measurement supports
LOW_QUALITY = 0.5  # a claim on evidence seen worse than this is no surer than it was seen
SEEN_ONLY = "Seen in the picture only, not measured."

Problem = str | None  # what is wrong with a draft, or none


def accept(
    drafts: Sequence[Draft], level: Level, case: Case, round_: int = 0, sure: Sequence[Sureness] | None = None
) -> tuple[list[Claim], list[RejectedClaim], list[Verdict]]:
    """Turn drafts about the person of the case into claims; those that fail a hard check are rejected with the reason.

    `sure` tells for each draft how sure it is; what it states itself counts when it is not given.

    Claims are numbered by their place in the answer (`P1-emotion-1`; `all-emotion-1` about everybody), so that
    the verdicts on a rejected draft name an id that no claim of that round has.
    """
    claims, rejected, verdicts = [], [], []
    for number, draft in enumerate(drafts, 1):
        claim_id = f"{case.person or 'all'}-{level}-{number}"
        valid, problem = well_formed(draft)
        results: list[tuple[str, Problem]] = [(well_formed.__name__, problem)]
        results += [(check.__name__, check(valid, level, case)) for check in HARD_CHECKS if valid]
        verdicts += [Verdict(check=n, claim=claim_id, passed=not p, detail=p or "", round=round_) for n, p in results]
        failed = [f"{name}: {why}" for name, why in results if why]
        if valid and not failed:
            told = stated(valid) if sure is None else sure[number - 1]
            claim, caps = _claim(claim_id, valid, level, case, told)
            claims.append(claim)
            verdicts += [Verdict(check=n, claim=claim_id, passed=True, detail=why, round=round_) for n, why in caps]
        else:
            rejected.append(_rejected(draft, valid, level, case, "; ".join(failed), round_))
    return claims, rejected, verdicts


def _rejected(draft: Draft, valid: Draft | None, level: Level, case: Case, reason: str, round_: int) -> RejectedClaim:
    """A draft that is rejected, with its label and time where its schema let them be read."""
    said = " ".join(str(getattr(draft, "text", "")).split())  # one line, whatever a model put into it
    return RejectedClaim(
        level=level,
        person=case.person,
        label=(valid.label or None) if valid else None,
        start_s=valid.start_ms / 1000 if valid else None,
        end_s=valid.end_ms / 1000 if valid else None,
        text=said[:TEXT_CHARACTERS],
        reason=reason,
        round=round_,
    )


def critique(claims: Sequence[Claim], case: Case, round_: int = 0) -> list[Verdict]:
    """The soft checks of every claim that claims something; the level to ask again is that of the claim."""
    return [
        Verdict(check=check.__name__, claim=claim.id, passed=problem is None, detail=problem or "", round=round_)
        for claim in claims
        if not claim.abstained
        for check in SOFT_CHECKS
        for problem in [check(claim, case)]
    ]


def well_formed(draft: Draft) -> tuple[Draft | None, Problem]:
    """The draft as its schema has it, however it was made; none and the reason when it breaks the schema."""
    try:
        return Draft.model_validate(dict(draft)), None
    except ValidationError as error:
        return None, "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])


def label_in_codebook(draft: Draft, level: Level, case: Case) -> Problem:
    """The label is one of the codebook's; an abstention needs none."""
    if draft.abstained or draft.label in case.codebook.ids(level):
        return None
    return f"{draft.label[:40]!r} is no {level} label of codebook {case.codebook.id}"


def evidence_given(draft: Draft, level: Level, case: Case) -> Problem:
    """It cites something; an abstention need not."""
    return None if draft.evidence or draft.abstained else "it cites no evidence"


def evidence_exists(draft: Draft, level: Level, case: Case) -> Problem:
    """Every id is that of an observation, or of a frame that was shown."""
    known = {o.id for o in case.evidence.observations} | {frame_id(t) for t in case.presentation.moments_s}
    unknown = [e[:40] for e in draft.evidence if e not in known]
    return f"there is no {', '.join(unknown)}" if unknown else None


def evidence_of_person(draft: Draft, level: Level, case: Case) -> Problem:
    """It cites observations of the person in question or of the clip; of two people at least when about everybody."""
    people = {o.person for o in cited(draft.evidence, case)}
    if case.person is not None:
        return of_others([case.person], people)
    clip_wide = None in people or any(e.startswith(FRAME_PREFIX) for e in draft.evidence)
    return None if draft.abstained or clip_wide or len(people) > 1 else "it is about everybody but cites one person"


def of_others(about: Collection[str], cited_of: Iterable[str | None]) -> Problem:
    """What is wrong with words about people that cite something of others; what is nobody's is of the whole clip."""
    others = sorted({person for person in cited_of if person is not None and person not in about})
    return f"it is about {' and '.join(about)} but cites observations of {', '.join(others)}" if others else None


def times_in_clip(draft: Draft, level: Level, case: Case) -> Problem:
    """It begins before it ends, within the clip."""
    start_s, end_s = draft.start_ms / 1000, draft.end_ms / 1000
    if start_s > end_s:
        return f"it ends ({end_s:.2f} s) before it starts ({start_s:.2f} s)"
    late = end_s > case.clip.duration_s + ROUNDING_S
    return f"it ends at {end_s:.2f} s, after the clip ({case.clip.duration_s:.2f} s)" if late else None


def evidence_in_time(draft: Draft, level: Level, case: Case) -> Problem:
    """All that it cites happens while it holds."""
    start_s, end_s = draft.start_ms / 1000 - ROUNDING_S, draft.end_ms / 1000 + ROUNDING_S
    spans = {e: span for e in draft.evidence if (span := when(e, case))}
    apart = [e for e, (first_s, last_s) in spans.items() if first_s > end_s or last_s < start_s]
    return f"{', '.join(apart)} happened at another time" if apart else None


def people_in_clip(draft: Draft, level: Level, case: Case) -> Problem:
    """Whoever its words name is there."""
    return nobody_called(draft.text, case)


def nobody_called(text: str, case: Case) -> Problem:
    """Who a text names that is neither in the clip nor a speaker of its words."""
    called = strangers(text, case)
    return f"there is no {' or '.join(called)}" if called else None


def strangers(text: str, case: Case) -> list[str]:
    """Who a text names, outside of quotations, that is neither in the clip nor a speaker of its words.

    Of whom it says only that nobody is there, it is right.
    """
    known = {*case.people, *(said.speaker for said in case.clip.transcript)}
    unknown = [name for name in named_people(unquoted(text)) if name not in known]
    return [name for name in unknown if not said_to_be_absent(name, text)]


def speaks_of_the_clip(draft: Draft, level: Level, case: Case) -> Problem:
    """Its words do not judge honesty, health, identity or worth, which nothing here can tell."""
    return judged(draft.text)


def states_what_it_cites(draft: Draft, level: Level, case: Case) -> Problem:
    """A pulse, a voice, a time or a quotation in its words is one of what it cites."""
    grounds = [ground_of(o) for o in cited(draft.evidence, case)]
    shown = [t for t in case.presentation.moments_s if frame_id(t) in draft.evidence]
    pictures = (Ground(frozenset({PICTURE}), "", t, t) for t in shown)
    return not_in(draft.text, [*grounds, *pictures], case.clip.duration_s)


HARD_CHECKS: tuple[Callable[[Draft, Level, Case], Problem], ...] = (
    label_in_codebook,
    evidence_given,
    evidence_exists,
    evidence_of_person,
    people_in_clip,
    times_in_clip,
    evidence_in_time,
    words_are_no_picture,
    speaks_of_the_clip,
    states_what_it_cites,
)


def ground_of(observation: Observation) -> Ground:
    """An observation as something cited."""
    return Ground(frozenset({observation.kind}), observation.text, observation.start_s, observation.end_s)


def _claim(
    claim_id: str, draft: Draft, level: Level, case: Case, sure: Sureness
) -> tuple[Claim, list[tuple[str, str]]]:
    """The claim that a draft makes, and the caps that its confidence was given."""
    spans = [span for e in draft.evidence if (span := when(e, case))]
    start_s = min([draft.start_ms / 1000, *(last_s for _, last_s in spans)])  # stretched by no more than ROUNDING_S
    end_s = max([draft.end_ms / 1000, *(first_s for first_s, _ in spans)])
    end_s = min(end_s, case.clip.duration_s)
    caps = [*caps_of(draft.evidence, case), *_caps_by_traces(draft.evidence, case, min(start_s, end_s), end_s)]
    confidence = min([sure.probability, *(cap.at_most for cap in caps)])
    text = f"{draft.text} {SEEN_ONLY}" if any(cap.name == "seen_only" for cap in caps) else draft.text
    labels = case.codebook.ids(level)
    claim = Claim(
        id=claim_id,
        level=level,
        label="" if draft.abstained else draft.label,
        alternatives=tuple(a for a in sure.alternatives if a.label != draft.label and a.label in labels),
        text=text,
        person=case.person,
        start_s=min(start_s, end_s),
        end_s=end_s,
        confidence=0.0 if draft.abstained else confidence,
        confidence_from=sure.source,
        evidence=tuple(dict.fromkeys(draft.evidence)),
        abstained=draft.abstained,
    )
    return claim, [] if draft.abstained else [(cap.name, cap.why) for cap in caps]


class Cap(NamedTuple):
    """How sure a claim may be at most, and why."""

    name: str
    at_most: float
    why: str


def caps_of(evidence: Sequence[str], case: Case) -> list[Cap]:
    """What limits the confidence of a claim on this evidence, whatever it was taken from."""
    caps, measured = [], cited(evidence, case)
    if evidence and not measured:
        why = f"confidence at most {SEEN_ONLY_AT_MOST:.2f}: no measurement supports it"
        caps.append(Cap("seen_only", SEEN_ONLY_AT_MOST, why))
    quality = max((o.quality for o in measured), default=1.0)
    if quality < LOW_QUALITY:
        caps.append(Cap("low_quality", quality, f"confidence at most {quality:.2f}: its evidence was not seen better"))
    return caps


def _caps_by_traces(evidence: Sequence[str], case: Case, start_s: float, end_s: float) -> list[Cap]:
    """What traces of how the clip was made allow."""
    frames_s = [time_s for time_s in case.presentation.moments_s if frame_id(time_s) in evidence]
    found = integrity.limits(cited(evidence, case), case.person, case.evidence, start_s, end_s, frames_s)
    why = "confidence at most {:.2f}: {} ({})"
    return [Cap("integrity", at_most, why.format(at_most, trace.text, trace.id)) for at_most, trace in found[:1]]


def within_traces(confidence: float, evidence: Sequence[str], case: Case, start_s: float, end_s: float) -> float:
    """A confidence of what rests on this evidence, no higher than traces of how the clip was made allow."""
    return min([confidence, *(cap.at_most for cap in _caps_by_traces(evidence, case, start_s, end_s))])


def cited(evidence: Sequence[str], case: Case) -> list[Observation]:
    """The observations among what is cited."""
    return [o for o in case.evidence.observations if o.id in evidence]


def when(evidence_id: str, case: Case) -> tuple[float, float] | None:
    """When the observation or frame of an id happened; none when there is no such thing."""
    for time_s in case.presentation.moments_s:
        if frame_id(time_s) == evidence_id:
            return time_s, time_s
    return next(((o.start_s, o.end_s) for o in case.evidence.observations if o.id == evidence_id), None)
