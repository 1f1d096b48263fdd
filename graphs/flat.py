"""Strategies without layers, to compare the cascade with: one call, a vote of several, a debate of two."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from langgraph.graph import StateGraph
from langgraph.runtime import Runtime

from agents.all_levels import all_levels
from agents.case import Case
from agents.checking.voting import vote
from agents.claims import LEVELS, Claim, Verdict
from agents.debate import opponent, proposer
from agents.report import TokenUse
from agents.showing.messages import claims_json
from graphs.events import AgentStarted, Check, Event
from graphs.judging import Judgement, JudgeOne, asked, can_be_judged, checked, everyone, heard, nobody, settled
from graphs.perceiving import Tell
from graphs.state import Setup, State, case_of

Building = StateGraph[State, Setup, Any, Any]
VOTERS = 5


async def single(state: State, runtime: Runtime[Setup]) -> State:
    """All levels in one answer about each person."""
    setup, tell = runtime.context, runtime.stream_writer

    async def one(case: Case) -> Judgement:
        return await heard(all_levels(), LEVELS, case, setup, 0, tell)

    return await _judged(state, setup, one, "agent all_levels")


async def voters(state: State, runtime: Runtime[Setup]) -> State:
    """Several answers about each person, and the labels that most of them give."""
    setup, tell = runtime.context, runtime.stream_writer

    async def one(case: Case) -> Judgement:
        draws = await several(case, setup, tell)
        return voted(draws, case, setup, tell)

    return await _judged(state, setup, one, "agent all_levels")


async def several(case: Case, setup: Setup, tell: Tell) -> Sequence[Judgement]:
    """The model's first answer about a person and further draws, each checked."""

    async def one(sample: int, about: Case) -> Judgement:
        started, draw = time.perf_counter(), f"draw{sample + 1}"
        tell(AgentStarted(agent="all_levels", person=about.person))
        opinion = await asked(all_levels(), LEVELS, about, setup, sample=sample)
        made = checked("all_levels", opinion, about, 0, _of_draw(draw, tell), time.perf_counter() - started)
        return made._replace(
            verdicts=[_named(draw, verdict) for verdict in made.verdicts],
            rejected=[r.model_copy(update={"reason": f"{draw}: {r.reason}"}) for r in made.rejected],
        )

    first = await one(0, case)
    settled_case = replace(case, presentation=first.presentation)  # the others are shown what the first could take
    return [first, *await asyncio.gather(*(one(n, settled_case) for n in range(1, VOTERS)))]


def voted(draws: Sequence[Judgement], case: Case, setup: Setup, tell: Tell) -> Judgement:
    """What most draws say, checked once more; verdicts on the draws themselves name them."""
    heard_out = [draw for draw in draws if draw.answered] or draws[:1]
    shown = replace(case, presentation=heard_out[0].presentation)
    claims: list[Claim] = []
    rejected = [r for draw in draws for r in draw.rejected]
    verdicts = [v for draw in draws for v in draw.verdicts]
    for level in LEVELS:
        opinions = [[c for c in draw.claims if c.level == level] for draw in heard_out]
        kept, fallen, found = vote(opinions, level, shown, setup.calibrations)
        claims, rejected, verdicts = [*claims, *kept], [*rejected, *fallen], [*verdicts, *found]
        for verdict in found:
            tell(Check(level=level, verdict=verdict))
    return Judgement(
        claims=claims,
        rejected=rejected,
        verdicts=verdicts,
        tokens=sum((draw.tokens for draw in draws), TokenUse()),
        failures=list(dict.fromkeys(failure for draw in draws for failure in draw.failures)),
        notes=list(dict.fromkeys(note for draw in draws for note in draw.notes)),
        presentation=shown.presentation,
    )


def _named(draw: str, verdict: Verdict) -> Verdict:
    """A verdict on a claim of a draw, which is no claim of the report."""
    return verdict.model_copy(update={"claim": f"{draw}:{verdict.claim}"})


def _of_draw(draw: str, tell: Tell) -> Tell:
    """Tells of checks by the names of a draw's claims."""

    def named(event: Event) -> None:
        tell(Check(level=event.level, verdict=_named(draw, event.verdict)) if isinstance(event, Check) else event)

    return named


async def debate(state: State, runtime: Runtime[Setup]) -> State:
    """A proposal about each person, an objection, and the proposer's last word."""
    setup, tell = runtime.context, runtime.stream_writer

    async def one(case: Case) -> Judgement:
        proposal = await heard(proposer(), LEVELS, case, setup, 0, tell)
        case = replace(case, presentation=proposal.presentation)
        objection = await heard(opponent(_as_json(proposal, case)), LEVELS, case, setup, 0, tell)
        last = await heard(proposer(_as_json(objection, case)), LEVELS, case, setup, 0, tell)
        before = proposal.tokens + objection.tokens
        standing = last if last.answered else proposal  # without a last word, the first one stands
        return standing._replace(
            tokens=before + last.tokens,
            failures=[*proposal.failures, *objection.failures, *last.failures],
            notes=list(dict.fromkeys((*proposal.notes, *objection.notes, *last.notes))),
            rejected=[*proposal.rejected, *objection.rejected, *last.rejected],
        )

    return await _judged(state, setup, one, "debate")


def flat(name: str, node: Any) -> Any:
    """A strategy of a single step."""

    def part(graph: Building) -> None:
        graph.add_node(name, node)
        graph.add_edge("board", name)
        graph.add_edge(name, "narrate")

    return part


async def _judged(state: State, setup: Setup, one: JudgeOne, stage: str) -> State:
    started = time.perf_counter()
    case = case_of(state, setup)
    judged = await everyone(case, one) if can_be_judged(case, setup) else [nobody(level, case) for level in LEVELS]
    return {**settled(judged, [], stage), "pending": [], "seconds": {stage: time.perf_counter() - started}}


def _as_json(judgement: Judgement, case: Case) -> str:
    return claims_json(replace(case, claims=tuple(judgement.claims)))
