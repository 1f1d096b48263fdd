"""The case laid out before anyone is asked: who is there, and what of the clip and the evidence a model is shown."""

import asyncio
from dataclasses import replace

from agents.case import Background, Case
from agents.showing.budget import present
from agents.showing.fence import fence
from agents.showing.messages import known, system, task
from agents.showing.presentation import Presentation
from agents.showing.relevance import EmbedderError, relevance
from graphs.judging import AGENTS
from graphs.perceiving import Tell, measure
from graphs.state import Setup, facts_of
from perception.evidence import Evidence

_LONGEST_TASKS: dict[tuple[str, bool], int] = {}  # by codebook, and whether somebody is seen


async def prepare(setup: Setup, tell: Tell, background: Background) -> tuple[Case, tuple[str, ...]]:
    """Measure the clip and lay the case out; see `laid_out`.

    Raises:
        ClipError: the clip can't be decoded to its end.
        WorkerKilled: the worker process went over a limit or crashed.
    """
    return await laid_out(await measure(setup, tell), setup, background)


async def laid_out(evidence: Evidence, setup: Setup, background: Background) -> tuple[Case, tuple[str, ...]]:
    """The case, and what of it a model can't be shown though it was wanted."""
    case = case_about(evidence, setup, background)
    presentation, notes = await chosen(case, setup)
    return replace(case, presentation=presentation), notes


def case_about(evidence: Evidence, setup: Setup, background: Background) -> Case:
    """The case of a clip and its evidence before anything is claimed."""
    people = sorted({o.person for o in evidence.of("face_visible") if o.person}, key=lambda p: (len(p), p))
    return Case(
        clip=facts_of(setup.clip),
        evidence=evidence,
        codebook=setup.codebook,
        people=tuple(people),
        fence=fence(setup.clip.sha256, setup.secret),
        background=background,
    )


async def chosen(case: Case, setup: Setup) -> tuple[Presentation, tuple[str, ...]]:
    """What a model is shown, and what it could not be; nothing is chosen when there is no model."""
    if setup.model is None:
        return Presentation(), ()
    able = await setup.model.abilities()
    tasks = _longest_task(case) + len(system(case))
    ranks: dict[str, float] | None = None
    notes: tuple[str, ...] = ()
    if setup.embedder is not None:
        try:
            ranks = await asyncio.to_thread(relevance, case.evidence.observations, setup.codebook, setup.embedder)
        except EmbedderError as error:
            notes = (f"{error} (the surest observations are shown instead)",)
    wanted = setup.wanted
    if setup.strategy == "single":  # nothing that was measured shows, not even in the choice of frames
        wanted = wanted.model_copy(update={"evidence": False, "frame_choice": "uniform"})
    if setup.video is None:  # there is nothing to look at, and the words are all that can be cited
        wanted = wanted.model_copy(update={"evidence": True, "media": "text"})
    presentation, unmet = present(case.evidence, case.clip.has_audio, able, wanted, tasks, ranks, len(known(case)))
    return presentation, (*notes, *unmet)


def _longest_task(case: Case) -> int:
    """Characters of the longest task; the same for every clip, but for a few digits."""
    key = (case.codebook.sha256, bool(case.people))
    if key not in _LONGEST_TASKS:
        _LONGEST_TASKS[key] = max(len(task(agent(), case)) for agent in AGENTS.values())
    return _LONGEST_TASKS[key]
