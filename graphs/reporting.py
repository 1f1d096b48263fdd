"""The last two steps: tell the claims in words, and put the report together."""

import time
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import agents.report
from agents.agent import prompts_sha256
from agents.by_rule.affect import affect
from agents.by_rule.knowledge_base import knowledge_sha256
from agents.by_rule.narration import narrate
from agents.case import Case
from agents.checking import integrity
from agents.checking.self_audit import SelfAudit
from agents.checking.told_story import not_in_report
from agents.claims import RejectedClaim, Verdict
from agents.models.errors import ModelError
from agents.narrator import narrator
from agents.report import Failure, Person, Provenance, Report, TokenUse
from agents.showing.prompt_file import prompt_hashes
from graphs.asking import put
from graphs.events import AgentFinished, AgentStarted, ReportReady
from graphs.judging import can_be_judged, only_pictures
from graphs.perceiving import Tell
from graphs.state import Setup, State
from graphs.store import keep
from perception.au_intensity import catalogue
from perception.evidence import Evidence

SHORT_S = 5.0  # under this a person's own neutral is hardly seen


async def narrative(state: State, case: Case, setup: Setup, tell: Tell) -> State:
    """A short text by the model; by the code when there is no model, or it does not answer or keep to the report."""
    started = time.perf_counter()
    tell(AgentStarted(agent="narrator"))
    text, tokens, failure = narrate(case, case.claims), TokenUse(), None
    notes: tuple[str, ...] = ()
    presentation = case.presentation
    if setup.model is not None and setup.narrated and any(not c.abstained for c in case.claims):
        try:
            answer, tokens, presentation, notes, _ = await put(narrator(), case, setup.video, setup.model)
            if beyond := not_in_report(answer.text, case):
                failure = f"the model's narrative is left out, {beyond} (the narrative was composed by rule instead)"
            else:
                text = answer.text
        except ModelError as error:
            failure, tokens = f"{error} (the narrative was composed by rule instead)", error.tokens
    seconds = time.perf_counter() - started
    tell(AgentFinished(agent="narrator", seconds=seconds, tokens=tokens, error=failure))
    return {
        "narrative": text,
        "failures": [
            *({"stage": "presentation", "what": note} for note in notes),
            *([{"stage": "agent narrator", "what": failure}] if failure else []),
        ],
        "tokens": tokens.model_dump(),
        "presentation": presentation.model_dump(mode="json"),
        "seconds": {"narrator": seconds},
    }


async def finish(state: State, case: Case, setup: Setup, tell: Tell) -> State:
    """Make the report, keep it in the content store and tell it as the last event."""
    tokens = TokenUse.model_validate(state.get("tokens", {}))
    report = Report(
        clip=case.clip,
        people=people_of(case.evidence, case.people),
        claims=case.claims,
        narrative=state["narrative"],
        affect=affect(case.evidence),
        self_audit=SelfAudit.model_validate(state["self_audit"]) if state.get("self_audit") else None,
        verdicts=tuple(Verdict.model_validate(v) for v in state["verdicts"]),
        rejected=tuple(RejectedClaim.model_validate(r) for r in state["rejected"]),
        failures=tuple(Failure.model_validate(f) for f in state["failures"]),
        caveats=caveats(case, setup, tokens),
        conventions=words()["conventions"],
        evidence=case.evidence,
        provenance=Provenance(
            mentalis_version=setup.version,
            graph="mental_state",
            strategy=setup.strategy,
            reasoner="model" if setup.model else "knowledge",
            model=setup.model.name if setup.model else None,
            codebook=setup.codebook.id,
            codebook_sha256=setup.codebook.sha256,
            prompts_sha256=prompts_sha256(),
            prompts=prompt_hashes() if setup.model else {},
            knowledge_sha256=knowledge_sha256(),
            seed=setup.seed,
            calibrations=setup.calibrations,
            presentation=case.presentation if setup.model else None,
            tokens=tokens,
            seconds={stage: round(s, 4) for stage, s in state["seconds"].items()},
        ),
    )
    key = await keep(setup.store, report)
    tell(ReportReady(report=report))
    return {"report": key}


def people_of(evidence: Evidence, people: tuple[str, ...]) -> tuple[Person, ...]:
    """Everyone whose face was seen, from the stretches in which it was."""
    found = []
    for person in people:
        seen = evidence.of("face_visible", person=person)
        found.append(
            Person(
                id=person,
                first_seen_s=min(o.start_s for o in seen),
                last_seen_s=max(o.end_s for o in seen),
                visible_s=sum(o.end_s - o.start_s for o in seen),
            )
        )
    return tuple(found)


def caveats(case: Case, setup: Setup, tokens: TokenUse) -> tuple[str, ...]:
    """What a reader must know of this report, the general before the particular; `tokens` are those of the model."""
    texts: dict[str, Any] = words()["caveats"]
    ran = {run.tool: run for run in case.evidence.tools}
    by_geometry = "action_units" in ran and "geometry" in ran["action_units"].notes.get("engine", "")
    holds = {
        "knowledge": setup.model is None,
        "model": setup.model is not None and tokens.answered,
        "unanswered": setup.model is not None and not tokens.answered,
        "no_face": not case.people and not can_be_judged(case, setup),
        "words_only": not case.people and can_be_judged(case, setup) and not only_pictures(case),
        "pictures_only": not case.people and can_be_judged(case, setup) and only_pictures(case),
        "geometry": by_geometry and bool(case.people),
        "short": case.clip.duration_s < SHORT_S,
        "no_audio": not case.clip.has_audio,
        "no_transcript": not case.clip.transcript,
    }
    facts = {
        "duration_s": case.clip.duration_s,
        "inferred": _listed([unit.au for unit in catalogue() if unit.inferred and unit.geometry]),
        "unseen": _listed([unit.au for unit in catalogue() if not unit.geometry]),
    }
    particular = [texts[name].format(**facts) for name, true in holds.items() if true]
    return (*texts["always"], *particular, *integrity.caveats(case.evidence))


def _listed(numbers: list[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


@cache
def words() -> dict[str, Any]:
    """The texts that every report carries."""
    path = Path(agents.report.__file__).parent / "report_words.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
