"""Agents' answers about each person, and about all of them together, made into claims that have passed the checks."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from agents.agent import Agent
from agents.behaviour import behaviour
from agents.by_rule.reasoner import reason
from agents.case import Case
from agents.checking.checks import accept
from agents.checking.confidence import Sureness, calibrated, stated, sureness
from agents.claims import LEVELS, Claim, ClaimList, Draft, Level, RejectedClaim, Verdict
from agents.cognition import cognition
from agents.emotion import emotion
from agents.models.errors import ModelError
from agents.models.label_odds import label_odds
from agents.report import TokenUse
from agents.showing.presentation import Presentation
from graphs.asking import Asked, Draws, drawn, put
from graphs.events import AgentFinished, AgentStarted, Check
from graphs.perceiving import Tell
from graphs.state import Setup, State, case_of

AGENTS: dict[Level, Callable[[], Agent[ClaimList]]] = {
    "behaviour": behaviour,
    "cognition": cognition,
    "emotion": emotion,
}


class Judgement(NamedTuple):
    """What one agent said about one person, checked."""

    claims: Sequence[Claim]
    rejected: Sequence[RejectedClaim]
    verdicts: Sequence[Verdict]
    tokens: TokenUse
    failures: Sequence[str]
    notes: Sequence[str]  # why the model was shown less than was meant
    presentation: Presentation
    person: str | None = None
    answered: bool = True  # else the model failed, and nothing of it stands here


class Opinion(NamedTuple):
    """An agent's drafts of each level and how sure each is, what they cost, and what went wrong."""

    drafts: Mapping[Level, Sequence[Draft]]
    sure: Mapping[Level, Sequence[Sureness]]
    tokens: TokenUse
    failures: Sequence[str]
    notes: Sequence[str]
    presentation: Presentation


JudgeOne = Callable[[Case], Awaitable[Judgement]]  # a person, or all together


async def judge(level: Level, state: State, setup: Setup, tell: Tell) -> State:
    """Ask the level's agent about everyone and keep what holds, in place of the level's earlier claims."""
    started = time.perf_counter()
    case = case_of(state, setup, level)

    async def one(about: Case) -> Judgement:
        return await heard(AGENTS[level](), (level,), about, setup, state["round"], tell)

    failing = {f.claim.person for f in case.feedback}  # only they are asked again; at first everyone is
    judged = await everyone(case, one, failing) if can_be_judged(case, setup) else [nobody(level, case)]
    answered = {j.person for j in judged if j.answered}  # what was said of others stands until it is checked
    others = [c for c in case.claims if c.level != level or c.person not in answered]
    update = settled(judged, others, f"agent {level}")
    pending = [pending for pending in state["pending"] if pending != level]
    return {**update, "pending": pending, "seconds": {level: time.perf_counter() - started}}


def can_be_judged(case: Case, setup: Setup) -> bool:
    """Somebody was seen, or a model can read what was said; the rules make nothing of words alone.

    A model that is shown pictures and nothing that was measured judges them whether a face was found in them or not.
    """
    return bool(case.people) or (setup.model is not None and (bool(case.clip.transcript) or only_pictures(case)))


def only_pictures(case: Case) -> bool:
    """Whether a model is shown pictures, and nothing that was measured on them."""
    return case.presentation.way != "text" and not case.presentation.evidence


async def everyone(case: Case, judge_one: JudgeOne, only: Collection[str | None] = ()) -> list[Judgement]:
    """Everyone judged, then all together; the first alone, so that its prefix is there for the others to share.

    Where nobody was seen, those who speak are judged together. With `only`, the others are not judged.
    """
    whom = [*case.people, *([None] if len(case.people) != 1 else [])]
    first, *others = [person for person in whom if not only or person in only]
    judged = [await judge_one(case.about(first))]
    case = replace(case, presentation=judged[0].presentation)
    judged += await asyncio.gather(*(judge_one(case.about(person)) for person in others if person is not None))
    return [*judged, *[await judge_one(case.about(None)) for person in others if person is None]]


def settled(judged: Sequence[Judgement], others: Sequence[Claim], stage: str) -> State:
    """What judgements change in the state, beside claims that stay as they are."""
    claims = linked([*others, *(c for j in judged for c in j.claims)])
    return {
        "claims": [c.model_dump(mode="json") for c in claims],
        "rejected": [r.model_dump(mode="json") for j in judged for r in j.rejected],
        "verdicts": [v.model_dump(mode="json") for j in judged for v in j.verdicts],
        "failures": [
            *({"stage": "presentation", "what": note} for j in judged for note in j.notes),
            *({"stage": stage, "what": failure} for j in judged for failure in j.failures),
        ],
        "tokens": sum((j.tokens for j in judged), TokenUse()).model_dump(),
        "presentation": judged[-1].presentation.model_dump(mode="json"),
    }


async def heard(
    agent: Agent[Any], levels: Sequence[Level], case: Case, setup: Setup, round_: int, tell: Tell
) -> Judgement:
    """One person (or all together) judged by an agent; a model that fails leaves no claim but a failure."""
    started = time.perf_counter()
    tell(AgentStarted(agent=agent.name, person=case.person))
    if setup.model is None:
        opinion = by_rule(levels, case)
    else:
        opinion = await asked(agent, levels, case, setup)
    return checked(agent.name, opinion, case, round_, tell, time.perf_counter() - started)


def checked(name: str, opinion: Opinion, case: Case, round_: int, tell: Tell, seconds: float) -> Judgement:
    """The claims of an opinion that pass the hard checks; what was found is told."""
    claims: list[Claim] = []
    rejected: list[RejectedClaim] = []
    verdicts: list[Verdict] = []
    shown = replace(case, presentation=opinion.presentation)
    for level, drafts in opinion.drafts.items():
        kept, fallen, found = accept(drafts, level, shown, round_, opinion.sure[level])
        claims, rejected, verdicts = [*claims, *kept], [*rejected, *fallen], [*verdicts, *found]
        for verdict in found:
            tell(Check(level=level, verdict=verdict))
    tell(
        AgentFinished(
            agent=name,
            person=case.person,
            claims=len(claims),
            rejected=len(rejected),
            seconds=seconds,
            tokens=opinion.tokens,
            error="; ".join(opinion.failures) or None,
        )
    )
    return Judgement(
        claims=claims,
        rejected=rejected,
        verdicts=verdicts,
        tokens=opinion.tokens,
        failures=opinion.failures,
        notes=opinion.notes,
        presentation=opinion.presentation,
        person=case.person,
        answered=bool(opinion.drafts),
    )


def by_rule(levels: Sequence[Level], case: Case) -> Opinion:
    """The knowledge reasoner's opinion, without a model."""
    drafts: dict[Level, Sequence[Draft]] = {level: reason(level, case).claims for level in levels}
    sure = {level: [stated(draft, "rule") for draft in made] for level, made in drafts.items()}
    return Opinion(drafts, sure, TokenUse(), (), (), case.presentation)


async def asked(
    agent: Agent[Any], levels: Sequence[Level], case: Case, setup: Setup, sample: int | None = None
) -> Opinion:
    """A model's opinion; its confidences from the labels' probabilities, or else from further samples' agreement.

    With `sample`, it is one of several draws that the caller compares, and no further ones are made.
    """
    assert setup.model is not None, "asked only where there is a model"
    try:
        answer = await put(agent, case, setup.video, setup.model, sample=sample or 0)
    except ModelError as error:
        return Opinion({}, {}, error.tokens, (f"{case.person or 'everyone'}: {error}",), (), case.presentation)
    drafts: dict[Level, Sequence[Draft]] = {level: answer.content.of(level) for level in levels}
    further: Draws[Any] = Draws()
    if not answer.odds and sample is None and any(drafts.values()):
        seen = replace(case, presentation=answer.presentation)
        further = await drawn(agent, seen, setup.video, setup.model, setup.samples)
    failures = [f"{case.person or 'everyone'}: {failure}" for failure in further.failures]
    sure = _sureness(drafts, answer, further.contents, setup)
    return Opinion(drafts, sure, answer.tokens + further.tokens, failures, answer.notes, answer.presentation)


def _sureness(
    drafts: Mapping[Level, Sequence[Draft]], answer: Asked[Any], further: Sequence[Any], setup: Setup
) -> dict[Level, list[Sureness]]:
    """How sure each draft is, calibrated; `further` are samples of the answer to compare it with."""
    labels = tuple(dict.fromkeys(id_ for level in drafts for id_ in setup.codebook.ids(level)))
    odds = iter(label_odds(answer.odds, "label", labels) if answer.odds else ())
    sure: dict[Level, list[Sureness]] = {}
    for level, made in drafts.items():
        samples = [made, *(content.of(level) for content in further)] if further else ()
        told = [sureness(draft, next(odds, None), setup.codebook.ids(level), samples) for draft in made]
        sure[level] = [calibrated(s, level, setup.calibrations) for s in told]
    return sure


def nobody(level: Level, case: Case) -> Judgement:
    """Without a face nothing is claimed: the level abstains, and no agent is asked."""
    claim = Claim(
        id=f"all-{level}-1",
        level=level,
        label="",
        text=f"No face was found in this clip, so nothing is claimed about {level}.",
        start_s=0.0,
        end_s=case.clip.duration_s,
        confidence=0.0,
        evidence=(),
        abstained=True,
    )
    return Judgement([claim], [], [], TokenUse(), [], [], case.presentation)


def linked(claims: Sequence[Claim]) -> list[Claim]:
    """Each claim depends on the lower levels' claims about the same person at the same time; lowest level first."""
    ordered = sorted(claims, key=lambda c: (LEVELS.index(c.level), c.person is None, c.person or "", c.start_s))
    lower = {level: LEVELS[: LEVELS.index(level)] for level in LEVELS}
    return [
        c.model_copy(
            update={
                "depends_on": tuple(
                    b.id
                    for b in ordered
                    if b.level in lower[c.level]
                    and not (b.abstained or c.abstained)
                    and b.person == c.person
                    and b.start_s <= c.end_s
                    and c.start_s <= b.end_s
                )
            }
        )
        for c in ordered
    ]
