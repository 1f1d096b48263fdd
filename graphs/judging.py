"""One level judged: every person separately, then all of them together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.agent import Agent
from agents.behaviour import behaviour
from agents.case import Case
from agents.checks import accept
from agents.claims import LEVELS, Claim, ClaimList, Level, RejectedClaim, Verdict
from agents.cognition import cognition
from agents.emotion import emotion
from agents.errors import ModelError
from agents.presentation import Presentation
from agents.reasoner import reason
from agents.report import TokenUse
from graphs.asking import put
from graphs.events import AgentFinished, Check
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
    presentation: Presentation


async def judge(level: Level, state: State, setup: Setup, tell: Tell) -> State:
    """Ask the level's agent about everyone and keep what holds, in place of the level's earlier claims."""
    started = time.perf_counter()
    case = case_of(state, setup, level)
    judged = await about_all(level, case, setup, state["round"], tell) if case.people else [nobody(level, case)]
    others = [c for c in case.claims if c.level != level]
    claims = linked([*others, *(c for j in judged for c in j.claims)])
    return {
        "claims": [c.model_dump(mode="json") for c in claims],
        "pending": [pending for pending in state["pending"] if pending != level],
        "rejected": [r.model_dump(mode="json") for j in judged for r in j.rejected],
        "verdicts": [v.model_dump(mode="json") for j in judged for v in j.verdicts],
        "failures": [{"stage": f"agent {level}", "what": failure} for j in judged for failure in j.failures],
        "tokens": sum((j.tokens for j in judged), TokenUse()).model_dump(),
        "presentation": judged[-1].presentation.model_dump(mode="json"),
        "seconds": {level: time.perf_counter() - started},
    }


async def about_all(level: Level, case: Case, setup: Setup, round_: int, tell: Tell) -> list[Judgement]:
    """Everyone judged, then all together; the first alone, so that its prefix is there for the others to share."""
    first = await about(level, case.about(case.people[0]), setup, round_, tell)
    case = replace(case, presentation=first.presentation)
    others = await asyncio.gather(*(about(level, case.about(p), setup, round_, tell) for p in case.people[1:]))
    together = [await about(level, case.about(None), setup, round_, tell)] if others else []
    return [first, *others, *together]


async def about(level: Level, case: Case, setup: Setup, round_: int, tell: Tell) -> Judgement:
    """One person (or all together) judged at one level; a model that fails leaves no claim but a failure."""
    started = time.perf_counter()
    failures: list[str] = []
    tokens, drafts, presentation = TokenUse(), ClaimList(claims=()), case.presentation
    try:
        if setup.model is None:
            drafts = reason(level, case)
        else:
            drafts, tokens, presentation, notes = await put(AGENTS[level](), case, setup.clip, setup.model)
            failures += notes
    except ModelError as error:
        failures.append(f"{case.person or 'everyone'}: {error}")
        tokens = error.tokens
    claims, rejected, verdicts = accept(drafts.claims, level, replace(case, presentation=presentation), round_)
    for verdict in verdicts:
        tell(Check(level=level, verdict=verdict))
    tell(
        AgentFinished(
            agent=level,
            person=case.person,
            claims=len(claims),
            rejected=len(rejected),
            seconds=time.perf_counter() - started,
            tokens=tokens,
            error="; ".join(failures) or None,
        )
    )
    return Judgement(claims, rejected, verdicts, tokens, failures, presentation)


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
    return Judgement([claim], [], [], TokenUse(), [], case.presentation)


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
