"""The critic's turn: what holds stays, what fails is sent back, and what keeps failing is dropped."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.case import Case, Feedback
from agents.checking.checks import critique
from agents.claims import LEVELS, Claim, Level, RejectedClaim, Verdict
from agents.models.errors import ModelError
from agents.pep_mek import MOST_STATEMENTS, Statement
from agents.report import TokenUse
from agents.showing.presentation import Presentation
from graphs.events import AgentFinished, AgentStarted, Check
from graphs.judging import linked
from graphs.pep_mek import VARIANTS, Question, Verification, verify
from graphs.perceiving import Tell
from graphs.state import Json, Setup, State, case_of

MODEL_CHECK = "model_critic"
DISPUTED_AT_MOST = 0.5  # confidence of a claim that the model's own second look did not confirm


class SecondLook(NamedTuple):
    """The model's verdicts, what they cost, what went wrong, and what it was shown in the end, and why not more."""

    verdicts: Sequence[Verdict]
    tokens: TokenUse
    failures: Sequence[str]
    notes: Sequence[str]
    presentation: Presentation


async def review(state: State, setup: Setup, tell: Tell) -> State:
    """Check every claim by rule, then by the model; choose between another round and settling."""
    started = time.perf_counter()
    case = case_of(state, setup)
    verdicts = critique(case.claims, case, state["round"])
    second = await second_look(case, setup, state["round"], tell)
    verdicts = [*verdicts, *second.verdicts]
    level_of = {c.id: c.level for c in case.claims}
    for verdict in verdicts:
        tell(Check(level=level_of[verdict.claim], verdict=verdict))
    failed = [v for v in verdicts if not v.passed]
    unsettled = len({v.claim for v in failed})
    better = state["round"] == 0 or unsettled < state["unsettled"]
    again = bool(failed) and better and setup.model is not None and state["round"] < setup.max_revisions
    update: State = {
        "verdicts": [v.model_dump(mode="json") for v in verdicts],
        "failures": [
            *({"stage": "presentation", "what": note} for note in second.notes),
            *({"stage": "agent critic", "what": failure} for failure in second.failures),
        ],
        "tokens": second.tokens.model_dump(),
        "presentation": second.presentation.model_dump(mode="json"),
        "unsettled": unsettled,
        "seconds": {"critic": time.perf_counter() - started},
    }
    if again:
        failing = {level_of[v.claim] for v in failed}
        feedback = {level: _feedback(level, case, failed) for level in failing}
        pending = [level for level in LEVELS if level in failing]
        return {**update, "pending": pending, "feedback": feedback, "round": state["round"] + 1}
    kept, rejected = settle(case.claims, failed, state["round"])
    return {
        **update,
        "pending": [],
        "claims": [c.model_dump(mode="json") for c in linked(kept)],
        "rejected": [r.model_dump(mode="json") for r in rejected],
    }


async def second_look(case: Case, setup: Setup, round_: int, tell: Tell) -> SecondLook:
    """The model's own verdict on each claim by PEP-MEK; none without a model, a failure when it does not answer."""
    claims = [c for c in case.claims if not c.abstained]
    look = SecondLook((), TokenUse(), (), (), case.presentation)
    if setup.model is None or not claims:
        return look
    started = time.perf_counter()
    tell(AgentStarted(agent="critic"))
    for some in batched(claims, MOST_STATEMENTS):
        try:
            found = await verify(_question(some, replace(case, presentation=look.presentation), setup))
        except ModelError as error:
            look = look._replace(tokens=look.tokens + error.tokens, failures=(str(error),))
            break
        verdicts = [_verdict(claim, f"c{n}", found, round_) for n, claim in enumerate(some)]
        look = SecondLook(
            verdicts=(*look.verdicts, *verdicts),
            tokens=look.tokens + found.tokens,
            failures=(),
            notes=(*look.notes, *found.notes),
            presentation=found.presentation,
        )
    failure = look.failures[0] if look.failures else None
    tell(AgentFinished(agent="critic", seconds=time.perf_counter() - started, tokens=look.tokens, error=failure))
    return look


def _question(claims: Sequence[Claim], case: Case, setup: Setup) -> Question:
    assert setup.model is not None, "asked only where there is a model"
    statements = tuple(Statement(f"c{n}", stated(claim, case)) for n, claim in enumerate(claims))
    variant = VARIANTS["pep-mek+tools" if case.presentation.evidence else "pep-mek"]
    return Question(case, setup.video, setup.model, statements, variant)


def stated(claim: Claim, case: Case) -> str:
    """A claim as a statement that holds or not."""
    label = case.codebook.label(claim.level, claim.label)
    when = f"{claim.person or 'everyone together'}, {claim.start_s:.1f}-{claim.end_s:.1f} s"
    name = label.name if label else claim.label
    return f"{claim.level} of {when}: {name}. {claim.text} (evidence: {', '.join(claim.evidence)})"


def _verdict(claim: Claim, statement: str, found: Verification, round_: int) -> Verdict:
    holds = found.final[statement]
    said = "it holds" if holds else "it does not hold"
    changed = "" if found.first[statement] == holds else ", after the explanation changed the first prediction"
    detail = f"{said}{changed}: {found.reasons[statement]}"
    return Verdict(check=MODEL_CHECK, claim=claim.id, passed=holds, detail=detail, round=round_)


def _feedback(level: Level, case: Case, failed: Sequence[Verdict]) -> list[Json]:
    """The claims of a level that failed a check, each with all that was wrong."""
    wrong = {c.id: tuple(f"{v.check}: {v.detail}" for v in failed if v.claim == c.id) for c in case.claims}
    failing = [c for c in case.claims if c.level == level and wrong[c.id]]
    return [Feedback(claim=c, wrong=wrong[c.id]).model_dump(mode="json") for c in failing]


def batched(claims: Sequence[Claim], most: int) -> Iterator[Sequence[Claim]]:
    """The claims in runs of at most so many."""
    for first in range(0, len(claims), most):
        yield claims[first : first + most]


def settle(claims: Sequence[Claim], failed: Sequence[Verdict], round_: int) -> tuple[list[Claim], list[RejectedClaim]]:
    """Drop what a rule contradicts; what only the model disputes stays, less sure."""
    by_rule = {v.claim: v for v in failed if v.check != MODEL_CHECK}
    disputed = {v.claim for v in failed if v.check == MODEL_CHECK}
    kept, rejected = [], []
    for claim in claims:
        verdict = by_rule.get(claim.id)
        if verdict is not None:
            reason = f"{verdict.check}: {verdict.detail}"
            rejected.append(
                RejectedClaim(
                    level=claim.level,
                    person=claim.person,
                    label=claim.label,
                    start_s=claim.start_s,
                    end_s=claim.end_s,
                    text=claim.text,
                    reason=reason,
                    round=round_,
                )
            )
        elif claim.id in disputed:
            kept.append(claim.model_copy(update={"confidence": min(claim.confidence, DISPUTED_AT_MOST)}))
        else:
            kept.append(claim)
    return kept, rejected
