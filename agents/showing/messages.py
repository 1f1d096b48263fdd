"""What is sent to a model: first all that every agent of a clip shares, byte for byte, then the agent's own task.

A model server's prefix cache then reads the clip once for all agents, people and rounds.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from agents.agent import PROMPTS, Agent, Message
from agents.by_rule.knowledge_base import knowledge_text
from agents.case import Case
from agents.claims import LEVELS, Claim
from agents.showing.escaping import data_line, escaped
from agents.showing.evidence_table import table
from agents.showing.media import Media, media_parts
from perception.errors import MentalisError

NOTHING = Media()


class Turn(NamedTuple):
    """A task that was put in this conversation, the answer as JSON, and what it brought to look at before the next."""

    task: str
    answer: str
    brought: tuple[Message, ...] = ()  # parts of a message


class PromptError(MentalisError):
    """A prompt file that can't be read or filled in."""


def messages(agent: Agent[Any], case: Case, media: Media = NOTHING, before: Sequence[Turn] = ()) -> list[Message]:
    """The system message, and a user message whose last part is the agent's task.

    Args:
        agent: whose task it is.
        case: what is known.
        media: of the case's presentation.
        before: earlier tasks of the same conversation with the answers they got; the agent's task comes last.
    """
    tasks = [*(turn.task for turn in before), task(agent, case)]
    first = [*shared_parts(case, media), {"type": "text", "text": tasks[0]}]
    said: list[Message] = [
        {"role": "system", "content": system(case)},
        {"role": "user", "content": first},
    ]
    for turn, following in zip(before, tasks[1:], strict=True):
        said.append({"role": "assistant", "content": escaped(turn.answer)})
        said.append({"role": "user", "content": [*turn.brought, {"type": "text", "text": following}]})
    return said


def system(case: Case) -> str:
    """The system message: the same for all agents of a codebook, so that clips share it, too."""
    definitions = {level: case.codebook.definitions(level) for level in case.background.levels}
    return fill("system.md", {"presentation": case.presentation, "definitions": definitions})


def shared_parts(case: Case, media: Media) -> list[Message]:
    """Pictures, video and sound, then words, evidence and what is known of it; no agent, person or round is in it."""
    facts: dict[str, Any] = {
        "clip": case.clip,
        "people": case.people,
        "fence": case.fence,
        "presentation": case.presentation,
    }
    knowledge = known(case) if case.presentation.knowledge else ""
    content = {**facts, "transcript": transcript(case), "evidence": table(case), "knowledge": knowledge}
    return [*media_parts(media, case.presentation.moments_s), {"type": "text", "text": fill("evidence.md", content)}]


def task(agent: Agent[Any], case: Case) -> str:
    """The agent's own part: its prompt filled in with person, earlier claims, feedback and what it alone is told."""
    content: dict[str, Any] = {
        "subject": case.person or ("all people together" if case.people else "whoever speaks (nobody was seen)"),
        "alone": case.person is not None or not case.people,
        "neutral_labels": [
            f"{level}: `{case.codebook.neutral[level]}`" for level in LEVELS if level in case.codebook.neutral
        ],
        "neutral": case.codebook.neutral.get(agent.level, "") if agent.level else "",
        "feedback": tuple(
            data_line({"your claim": claim_row(f.claim), "wrong": f.wrong})  # both may quote the clip
            for f in case.feedback
            if f.claim.person == case.person
        ),
        "duration_ms": int(case.clip.duration_s * 1000),
        "claims": claims_json(case),
        **{level: claims_json(case, level) for level in LEVELS},
        **agent.given,
    }
    return fill(agent.prompt, content)


def known(case: Case) -> str:
    """What the background's knowledge says of what was observed."""
    kinds = tuple(sorted({o.kind for o in case.evidence.observations}))
    return knowledge_text(case.background.knowledge, kinds if case.presentation.evidence else None)


def claims_json(case: Case, *levels: str) -> str:
    """Accepted claims as lines of JSON, for the next agent: data, never prose."""
    rows = [c for c in case.claims if (not levels or c.level in levels) and case.person in (None, c.person)]
    return "\n".join(data_line(claim_row(c)) for c in rows) or "(none)"


def claim_row(claim: Claim) -> dict[str, Any]:
    """A claim with the fields and units in which agents give theirs."""
    return {
        "id": claim.id,
        "level": claim.level,
        "person": claim.person,
        "label": claim.label,
        "text": claim.text,
        "start_ms": round(claim.start_s * 1000),
        "end_ms": round(claim.end_s * 1000),
        "confidence_percent": round(claim.confidence * 100),
        "evidence": list(claim.evidence),
        "abstained": claim.abstained,
    }


def transcript(case: Case) -> str:
    """The words as lines of JSON, cut off where the room ends."""
    lines: list[str] = []
    used = 0
    for utterance in case.clip.transcript:
        line = data_line(utterance.model_dump(mode="json"))
        used += len(line)
        if used > case.presentation.transcript_characters:
            lines.append(f"({len(case.clip.transcript) - len(lines)} further utterances are left out for lack of room)")
            break
        lines.append(line)
    return "\n".join(lines) or "(no transcript)"


def fill(prompt: str, content: dict[str, Any]) -> str:
    """A prompt file filled in.

    Raises:
        PromptError: the file is missing, has no front matter, or wants what it is not given.
    """
    try:
        return str(_template(prompt).render(content)).strip()
    except PromptError:
        raise
    except Exception as error:
        raise PromptError(f"prompt {prompt}: {error}") from error


def _as_data(value: Any) -> Any:
    """What is filled into a prompt can't write a tag or a special token, whoever it comes from."""
    return escaped(value) if isinstance(value, str) else value


@cache
def _template(prompt: str) -> Any:
    try:
        text = (PROMPTS / prompt).read_text(encoding="utf-8")
    except OSError as error:
        raise PromptError(f"prompt {prompt} can't be read: {error}") from error
    _, front, body = text.split("---\n", 2) if text.startswith("---\n") else ("", "", text)
    if not isinstance(yaml.safe_load(front), dict):
        raise PromptError(f"prompt {prompt} has no front matter (--- version: ... ---)")
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_as_data
    )
    return environment.from_string(body)
