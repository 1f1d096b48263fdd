"""The self-audit: the model is asked about true and falsified statements made from its own report, one by one."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.case import Case
from agents.checking.self_audit import score, statement_pairs
from agents.models.errors import ModelError
from agents.pep_mek import Statement
from agents.report import TokenUse
from agents.showing.presentation import Presentation
from graphs.events import AgentFinished, AgentStarted
from graphs.pep_mek import VARIANTS, Question, verify
from graphs.perceiving import Tell
from graphs.state import Setup, State

ID = "s"  # of every statement: each stands alone in its call, and its number would tell its place


class Told(NamedTuple):
    """Whether a statement holds (none: not answered), what it cost, what went wrong, and what the model was shown."""

    holds: bool | None
    tokens: TokenUse
    failure: str | None
    notes: tuple[str, ...]  # why it was shown less than was meant
    presentation: Presentation


def wanted(setup: Setup) -> bool:
    """Whether there is a model, and it is to be asked."""
    return setup.model is not None and setup.audit_pairs > 0


async def self_audit(state: State, case: Case, setup: Setup, tell: Tell) -> State:
    """Put pairs of statements to the model and score its answers; only where that is wanted."""
    started = time.perf_counter()
    tell(AgentStarted(agent="self_audit"))
    pairs = statement_pairs(case.claims, case.evidence, case.codebook, case.people, setup.audit_pairs, setup.seed)
    told = await answers([statement.text for statement in pairs], case, setup)
    tokens = sum((t.tokens for t in told), TokenUse())
    failures = list(dict.fromkeys(t.failure for t in told if t.failure))
    notes = list(dict.fromkeys(note for t in told for note in t.notes))
    result = score(pairs, {s.id: t.holds for s, t in zip(pairs, told, strict=True)}) if pairs else None
    seconds = time.perf_counter() - started
    tell(AgentFinished(agent="self_audit", seconds=seconds, tokens=tokens, error="; ".join(failures) or None))
    return {
        "self_audit": result.model_dump(mode="json") if result else None,
        "failures": [
            *({"stage": "presentation", "what": note} for note in notes),
            *({"stage": "self-audit", "what": failure} for failure in failures),
        ],
        "tokens": tokens.model_dump(),
        "presentation": (told[0].presentation if told else case.presentation).model_dump(mode="json"),
        "seconds": {"self_audit": seconds},
    }


async def answers(statements: Sequence[str], case: Case, setup: Setup) -> list[Told]:
    """What the model says of each; the first is put alone, and the others are shown what it could take."""
    if not statements:
        return []
    first = await answer(statements[0], case, setup)
    case = replace(case, presentation=first.presentation)
    return [first, *await asyncio.gather(*(answer(text, case, setup) for text in statements[1:]))]


async def answer(text: str, case: Case, setup: Setup) -> Told:
    """What the model says of a statement."""
    assert setup.model is not None, "asked only where there is a model"
    variant = VARIANTS["base+tools" if case.presentation.evidence else "base"]
    question = Question(case, setup.video, setup.model, (Statement(ID, text),), variant)
    try:
        found = await verify(question)
    except ModelError as error:
        return Told(None, error.tokens, str(error), (), case.presentation)
    return Told(found.final[ID], found.tokens, None, found.notes, found.presentation)
