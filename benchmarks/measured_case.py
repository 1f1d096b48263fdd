"""A real clip as agents are given it: measured by the tools and judged by the rules, so that no model is needed."""

import tempfile
from dataclasses import replace
from pathlib import Path

import mentalis
from agents.behaviour import behaviour
from agents.case import Case
from agents.codebook import load_codebook
from agents.cognition import cognition
from agents.emotion import emotion
from agents.models.abilities import Abilities
from agents.report import Report
from agents.showing.budget import present
from agents.showing.fence import fence
from agents.showing.messages import known, system, task
from agents.showing.presentation import Wanted
from graphs.state import BACKGROUND
from mentalis.settings import Settings
from perception.clip import Clip
from perception.errors import MentalisError

EVERYTHING = Wanted()
A_SECRET = b"benchmark"


def measured_case(
    path: Path, able: Abilities, wanted: Wanted = EVERYTHING, transcript: Path | None = None, data: Path | None = None
) -> tuple[Clip, Case]:
    """The clip, and the case of its first person with claims of all levels; a model of these abilities is shown it.

    Args:
        path: a video file.
        able: what the model takes.
        wanted: what of the clip it is to be shown.
        transcript: of the clip.
        data: folder of the tools' cache; none: one that is removed.

    Raises:
        ClipError: the file is no readable video.
        MentalisError: nobody is in it, or nothing is claimed of anybody.
    """
    clip = Clip.open(path, transcript=transcript)
    with tempfile.TemporaryDirectory() as folder:
        by_rule = Settings(model=None, base_url=None, data=data or Path(folder))  # whatever the environment names
        report = mentalis.analyze(path, transcript=transcript, settings=by_rule)
    if all(claim.abstained for claim in report.claims):
        raise MentalisError(f"{path.name}: the rules claim nothing of anybody in it; take a clip with a face in motion")
    return clip, presented(case_of(report), able, wanted)


def case_of(report: Report) -> Case:
    """The case that a report ends with, asked about its first person."""
    people = tuple(person.id for person in report.people)
    return Case(
        clip=report.clip,
        evidence=report.evidence,
        codebook=load_codebook(report.provenance.codebook),
        people=people,
        person=people[0],
        claims=report.claims,
        fence=fence(report.clip.sha256, A_SECRET),
        background=BACKGROUND,
    )


def presented(case: Case, able: Abilities, wanted: Wanted = EVERYTHING) -> Case:
    """The case as a model of these abilities is shown it."""
    longest = max(len(task(agent(), case)) for agent in (behaviour, cognition, emotion))
    longest += len(system(case))
    presentation, _ = present(
        case.evidence, case.clip.has_audio, able, wanted, longest, knowledge_characters=len(known(case))
    )
    return replace(case, presentation=presentation)
