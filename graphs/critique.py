"""The critic's turn: what holds stays, what fails is sent back, and what keeps failing is dropped."""

import time
from collections.abc import Sequence

from agents.case import Case
from agents.checks import critique
from agents.claims import LEVELS, Claim, RejectedClaim, Verdict
from agents.critic import critic
from agents.errors import ModelError
from agents.report import TokenUse
from graphs.asking import put
from graphs.events import AgentFinished, Check
from graphs.judging import linked
from graphs.perceiving import Tell
from graphs.state import Setup, State, case_of

MODEL_CHECK = "model_critic"
DISPUTED_AT_MOST = 0.5  # confidence of a claim that the model's own second look did not confirm


async def review(state: State, setup: Setup, tell: Tell) -> State:
    """Check every claim by rule, then by the model; choose between another round and settling."""
    started = time.perf_counter()
    case = case_of(state, setup)
    verdicts = critique(case.claims, case, state["round"])
    second, tokens, failure = await second_look(case, setup, state["round"], tell)
    verdicts = [*verdicts, *second]
    level_of = {c.id: c.level for c in case.claims}
    for verdict in verdicts:
        tell(Check(level=level_of[verdict.claim], verdict=verdict))
    failed = [v for v in verdicts if not v.passed]
    unsettled = len({v.claim for v in failed})
    better = state["round"] == 0 or unsettled < state["unsettled"]
    again = bool(failed) and better and setup.model is not None and state["round"] < setup.max_revisions
    update: State = {
        "verdicts": [v.model_dump(mode="json") for v in verdicts],
        "failures": [{"stage": "agent critic", "what": failure}] if failure else [],
        "tokens": tokens.model_dump(),
        "unsettled": unsettled,
        "seconds": {"critic": time.perf_counter() - started},
    }
    if again:
        failing = {level_of[v.claim] for v in failed}
        feedback = {
            level: [f"{v.claim}: {v.check}: {v.detail}" for v in failed if level_of[v.claim] == level]
            for level in failing
        }
        pending = [level for level in LEVELS if level in failing]
        return {**update, "pending": pending, "feedback": feedback, "round": state["round"] + 1}
    kept, rejected = settle(case.claims, failed, state["round"])
    return {
        **update,
        "pending": [],
        "claims": [c.model_dump(mode="json") for c in linked(kept)],
        "rejected": [r.model_dump(mode="json") for r in rejected],
    }


async def second_look(case: Case, setup: Setup, round_: int, tell: Tell) -> tuple[list[Verdict], TokenUse, str | None]:
    """The model's own verdict on each claim; none without a model, a failure when it does not answer."""
    claims = [c for c in case.claims if not c.abstained]
    if setup.model is None or not claims:
        return [], TokenUse(), None
    started = time.perf_counter()
    tokens, failure, verdicts = TokenUse(), None, []
    try:
        answer, tokens, *_ = await put(critic(), case, setup.clip, setup.model)
        known = {c.id for c in claims}
        verdicts = [
            Verdict(check=MODEL_CHECK, claim=v.claim, passed=v.agrees, detail=v.reason, round=round_)
            for v in answer.verdicts
            if v.claim in known
        ]
    except ModelError as error:
        failure, tokens = str(error), error.tokens
    tell(AgentFinished(agent="critic", seconds=time.perf_counter() - started, tokens=tokens, error=failure))
    return verdicts, tokens, failure


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
                RejectedClaim(level=claim.level, person=claim.person, text=claim.text, reason=reason, round=round_)
            )
        elif claim.id in disputed:
            kept.append(claim.model_copy(update={"confidence": min(claim.confidence, DISPUTED_AT_MOST)}))
        else:
            kept.append(claim)
    return kept, rejected
