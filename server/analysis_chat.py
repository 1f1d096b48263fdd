"""REST: questions about an analysis, turn by turn; what was asked before comes with the request."""

import asyncio
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agents.chat_history import ChatAnswer, ChatHistory
from server.access import Writes
from server.analyses import done, named
from server.sending import Sending


class Question(BaseModel):
    """A question, and what the last answer said to go on with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"question": "When does P1 smile?"}]})

    question: str = Field(min_length=1, max_length=10_000)
    history: ChatHistory | None = None


ANSWERED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "example": {
                    "question": "When does P1 smile?",
                    "text": "P1 smiles from 8.7 to 10.9 s [au12-1].",
                    "citations": [
                        {"id": "au12-1", "text": "lip corners pulled up (AU12)", "start_s": 8.7, "end_s": 10.9}
                    ],
                    "method": "bm25",
                    "history": {"clip_sha256": "0" * 64, "asked": ["When does P1 smile?"]},
                }
            }
        }
    }
}


def routes(sending: Sending) -> APIRouter:
    """The endpoint /v1/analyses/ID/chat."""
    router = APIRouter(prefix="/v1/analyses", tags=["analyses"])

    @router.post("/{name}/chat", responses=ANSWERED)
    async def ask(name: str, question: Question, caller: Writes) -> ChatAnswer:
        """Ask about the clip; every sentence of the answer names what it rests on."""
        jobs = sending.jobs
        analysis = await asyncio.to_thread(jobs.analyses.get, name, caller.owner)
        clip = sending.files.media(analysis.file)
        report = await asyncio.to_thread(done, jobs, analysis)
        with named(analysis, jobs):
            return await jobs.engine.answer(
                report,
                clip if clip.exists() else None,
                question.question,
                question.history,
                jobs.codebook_of(analysis),
                jobs.places(analysis),
            )

    return router
