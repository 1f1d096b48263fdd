"""A report, a verification and a chat by a served model, for the tests here."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mentalis
from agents.chat_history import ChatAnswer
from agents.models.chat_model import ChatModel
from agents.pep_mek import Statement
from agents.report import Report
from benchmarks.measured_case import measured_case
from graphs.critique import SecondLook, second_look
from graphs.pep_mek import VARIANTS, Question, Verification, verify
from graphs.state import Setup
from graphs.store import ContentStore
from mentalis.chatting import chat
from mentalis.commands.model import answers
from mentalis.settings import Settings, read_settings

STATEMENTS = (Statement("s1", "P1 smiles in the clip."), Statement("s2", "P1 is surprised, for the brows are raised."))
OF_MODEL = ("agent", "evidence board", "self-audit", "debate")  # stages in which a model could have failed


def analysed(endpoint: Any, clip: Path, words: Path, data: Path, **options: Any) -> Report:
    """An analysis in which the critic may ask once more."""
    return mentalis.analyze(
        clip, transcript=words, data=data, model=endpoint.model, base_url=endpoint.url, max_revisions=1, **options
    )


def failed(report: Report) -> list[str]:
    """What went wrong with the model."""
    return [f.what for f in report.failures if f.stage.startswith(OF_MODEL)]


async def checked(endpoint: Any) -> dict[str, str]:
    """What `mentalis model check` tells."""
    return await answers(read_settings(base_url=endpoint.url, model=endpoint.model))


async def verified(endpoint: Any, clip: Path, words: Path, data: Path, variant: str) -> Verification:
    """Two statements verified in a variant of PEP-MEK."""
    model = ChatModel(endpoint.model, endpoint.url)
    try:
        opened, case = measured_case(clip, await model.abilities(), transcript=words, data=data)
        return await verify(Question(case, opened, model, STATEMENTS, VARIANTS[variant]))
    finally:
        await model.close()


async def criticised(endpoint: Any, clip: Path, words: Path, data: Path) -> tuple[set[str], SecondLook]:
    """The claims that the rules make of a clip, and the critic's look at them as in an analysis."""
    model = ChatModel(endpoint.model, endpoint.url)
    try:
        opened, case = measured_case(clip, await model.abilities(), transcript=words, data=data)
        setup = Setup(clip=opened, tools=(), codebook=case.codebook, store=ContentStore(data / "content"), model=model)
        look = await second_look(case.about(None), setup, 0, lambda event: None)
    finally:
        await model.close()
    return {claim.id for claim in case.claims if not claim.abstained}, look


def asked_in_turn(endpoint: Any, clip: Path, words: Path, data: Path, questions: Sequence[str]) -> list[ChatAnswer]:
    """Questions about one clip, each with the history of the one before it."""
    report = mentalis.analyze(clip, transcript=words, settings=Settings(model=None, base_url=None, data=data))
    told: list[ChatAnswer] = []
    for question in questions:
        history = told[-1].history if told else None
        asked = {"clip": clip, "transcript": words, "data": data, "model": endpoint.model, "base_url": endpoint.url}
        told.append(chat(report, question, history, **asked))
    return told
