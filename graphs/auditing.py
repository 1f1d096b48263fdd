"""The self-audit: the model is asked about true and falsified statements made from its own report, one by one."""

import asyncio
import time

from agents.case import Case
from agents.checking.self_audit import score, statement_pairs
from agents.models.errors import ModelError
from agents.pep_mek import Statement
from agents.report import TokenUse
from graphs.events import AgentFinished
from graphs.pep_mek import VARIANTS, Question, verify
from graphs.perceiving import Tell
from graphs.state import Setup, State

ID = "s"  # of every statement: each stands alone in its call, and its number would tell its place


async def self_audit(state: State, case: Case, setup: Setup, tell: Tell) -> State:
    """Put pairs of statements to the model and score its answers; nothing without a model or where it is not wanted."""
    if setup.model is None or not setup.audit_pairs:
        return {}
    started = time.perf_counter()
    pairs = statement_pairs(case.claims, case.evidence, case.codebook, case.people, setup.audit_pairs, setup.seed)
    told = await asyncio.gather(*(answer(statement.text, case, setup) for statement in pairs))
    tokens = sum((spent for _, spent, _ in told), TokenUse())
    failures = list(dict.fromkeys(failure for *_, failure in told if failure))
    result = score(pairs, {s.id: said for s, (said, *_) in zip(pairs, told, strict=True)}) if pairs else None
    seconds = time.perf_counter() - started
    tell(AgentFinished(agent="self_audit", seconds=seconds, tokens=tokens, error="; ".join(failures) or None))
    return {
        "self_audit": result.model_dump(mode="json") if result else None,
        "failures": [{"stage": "self-audit", "what": failure} for failure in failures],
        "tokens": tokens.model_dump(),
        "seconds": {"self_audit": seconds},
    }


async def answer(text: str, case: Case, setup: Setup) -> tuple[bool | None, TokenUse, str | None]:
    """What the model says of a statement (none: it does not answer), what it cost, and what went wrong."""
    assert setup.model is not None, "asked only where there is a model"
    variant = VARIANTS["base+tools" if case.presentation.evidence else "base"]
    question = Question(case, setup.video, setup.model, (Statement(ID, text),), variant)
    try:
        found = await verify(question)
    except ModelError as error:
        return None, error.tokens, str(error)
    return found.final[ID], found.tokens, None
