"""One level judged: every person separately, then all of them together."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from agents.agent import Agent, ask
from agents.behaviour import behaviour
from agents.case import Case
from agents.checks import accept
from agents.claims import LEVELS, Claim, ClaimList, Level, RejectedClaim, Verdict
from agents.cognition import cognition
from agents.emotion import emotion
from agents.errors import ModelError
from agents.frames import FrameImage, read_frames
from agents.reasoner import reason
from agents.report import TokenUse
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
    failure: str | None


async def judge(level: Level, state: State, setup: Setup, tell: Tell) -> State:
    """Ask the level's agent about everyone and keep what holds, in place of the level's earlier claims."""
    started = time.perf_counter()
    case = case_of(state, setup, level)
    if case.people:
        subjects: list[str | None] = list(case.people)
        frames = await frames_of(case, setup)
        judged = await asyncio.gather(*(about(level, case.about(p), setup, frames, state, tell) for p in subjects))
        if len(case.people) > 1:
            judged = [*judged, await about(level, case.about(None), setup, frames, state, tell)]
    else:
        judged = [nobody(level, case)]
    others = [c for c in case.claims if c.level != level]
    claims = linked([*others, *(c for j in judged for c in j.claims)])
    return {
        "claims": [c.model_dump(mode="json") for c in claims],
        "pending": [pending for pending in state["pending"] if pending != level],
        "rejected": [r.model_dump(mode="json") for j in judged for r in j.rejected],
        "verdicts": [v.model_dump(mode="json") for j in judged for v in j.verdicts],
        "failures": [{"stage": f"agent {level}", "what": j.failure} for j in judged if j.failure],
        "tokens": _sum([j.tokens for j in judged]).model_dump(),
        "seconds": {level: time.perf_counter() - started},
    }


async def about(
    level: Level, case: Case, setup: Setup, frames: tuple[FrameImage, ...], state: State, tell: Tell
) -> Judgement:
    """One person (or all together) judged at one level; a model that fails leaves no claim but a failure."""
    started = time.perf_counter()
    failure, tokens, drafts = None, TokenUse(), ClaimList(claims=())
    try:
        if setup.model is None:
            drafts = reason(level, case)
        else:
            drafts, tokens = await ask(AGENTS[level](), case, setup.model, frames)
    except ModelError as error:
        failure, tokens = f"{case.person or 'everyone'}: {error}", error.tokens
    claims, rejected, verdicts = accept(drafts.claims, level, case, state["round"])
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
            error=failure,
        )
    )
    return Judgement(claims, rejected, verdicts, tokens, failure)


async def frames_of(case: Case, setup: Setup) -> tuple[FrameImage, ...]:
    """The frames that the model is shown; none when the knowledge reasoner judges."""
    if setup.model is None or not case.frames_shown_s:
        return ()
    return await asyncio.to_thread(read_frames, setup.clip, case.frames_shown_s)


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
    return Judgement([claim], [], [], TokenUse(), None)


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


def _sum(uses: Sequence[TokenUse]) -> TokenUse:
    return TokenUse(**{name: sum(getattr(use, name) for use in uses) for name in TokenUse.model_fields})
