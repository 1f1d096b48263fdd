"""REST: questions about an analysis, turn by turn; what was asked before comes with the request."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from agents.chat_history import ChatHistory
from server.access import Writes
from server.analyses import done, named
from server.sending import Sending


class Question(BaseModel):
    """A question, and what the last answer said to go on with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"question": "When does P1 smile?"}]})

    question: str = Field(min_length=1, max_length=10_000)
    history: ChatHistory | None = None


def routes(sending: Sending) -> APIRouter:
    """The endpoint /v1/analyses/ID/chat."""
    router = APIRouter(prefix="/v1/analyses", tags=["analyses"])

    @router.post("/{name}/chat")
    async def ask(name: str, question: Question, caller: Writes) -> dict[str, Any]:
        """Ask about the clip; every sentence of the answer names what it rests on."""
        jobs = sending.jobs
        analysis = jobs.analyses.get(name, caller.owner)
        clip = sending.files.media(analysis.file)
        report = done(jobs, analysis)
        with named(clip, analysis):
            answer = await jobs.engine.answer(
                report,
                clip if clip.exists() else None,
                question.question,
                question.history,
                jobs.codebook_of(analysis),
                jobs.places(analysis),
            )
        return answer.model_dump(mode="json")

    return router
