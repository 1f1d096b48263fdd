"""OpenAI's chat completions: a clip and questions about it; what a client sends again is not analysed again."""

import asyncio
import hashlib
import json
import logging
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from agents.chat_history import ChatAnswer, ChatHistory
from agents.report import Report, TokenUse
from perception.errors import MentalisError
from reports.writing import write_file
from server.access import Caller, Writes
from server.analyses import UNBUFFERED, named
from server.analysis_records import Analysis
from server.bodies import LARGE_AT_ONCE, described, large, read_json
from server.chat_answers import Choice, Cited, Completion, Said, Usage
from server.chat_messages import Asked, asked
from server.chat_models import strategy_of
from server.chat_progress import PATIENCE_S, progress
from server.chat_requests import ChatRequest, check_answerable
from server.engine import Options
from server.errors import DATABASE_AWAY, FAILED, ApiError, body
from server.patience import AWAY
from server.sending import Sending, Wanted, check, made
from server.summary import summary

SHAPE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": described(ChatRequest)}}}
}
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer; with `stream`, chunks of it as OpenAI's clients read them",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string"},
                "example": 'data: {"id": "chatcmpl-0", "object": "chat.completion.chunk", "created": 1790000000, '
                '"model": "mentalis", "choices": [{"index": 0, "delta": {"content": "P1 smiles"}, '
                '"finish_reason": null}]}\n\n',
            }
        },
    }
}
RETRY = {"Retry-After": "10"}  # s, for a server that is started again
logger = logging.getLogger(__name__)


class Replied(NamedTuple):
    """What a client is told about a clip."""

    text: str
    report: Report
    answer: ChatAnswer | None  # to a question; none: the report alone was asked for


def routes(sending: Sending) -> APIRouter:
    """The endpoint /v1/chat/completions."""
    router = APIRouter(prefix="/v1", tags=["chat"])
    few = asyncio.Semaphore(LARGE_AT_ONCE)

    @router.post("/chat/completions", response_model=Completion, openapi_extra=SHAPE, responses=STREAM)
    async def complete(http: Request, caller: Writes) -> Completion | StreamingResponse:
        """Answer the last user message about the clip that it or an earlier one brings."""
        async with large(http, few):
            request = await read_json(http, ChatRequest)  # now that the key is known: it may be long
            check_answerable(request)
            options = Options(strategy=strategy_of(request.model, sending.jobs.engine), seed=request.usual_seed)
            check(options, caller, sending)
            question = await asked(request.messages, sending, caller.owner)
            request.messages.clear()  # the clip in them is a file now, and the analysis may take long
        analysis, new = await _analysis(question, options, caller, sending)
        if request.stream:
            chunks = _streamed(analysis, new, question, request, sending)
            return StreamingResponse(chunks, media_type="text/event-stream", headers=UNBUFFERED)
        if not analysis.ended:
            async for _ in sending.jobs.log.followed(analysis.id, patience_s=PATIENCE_S):
                pass
        replied = await _replied(analysis, question, request, sending)
        message = Said(role="assistant", content=replied.text, refusal=None)
        return Completion(
            **_head(request),
            object="chat.completion",
            choices=[Choice(index=0, message=message, logprobs=None, finish_reason="stop")],
            usage=_usage(replied, new),
            mentalis=_cited(analysis, replied),
        )

    return router


async def _analysis(question: Asked, options: Options, caller: Caller, sending: Sending) -> tuple[Analysis, bool]:
    """The analysis of the clip that was asked about, and whether it is a new one or was there already."""
    jobs = sending.jobs
    if question.analysis is not None:
        return await asyncio.to_thread(jobs.analyses.get, question.analysis, caller.owner), False
    assert question.file is not None, "a question is about an analysis or a file"
    asked_for = options.model_dump(mode="json", exclude_none=True)
    known = await asyncio.to_thread(jobs.analyses.same, caller.owner, question.file.id, asked_for)
    if known is not None and not _failed(await asyncio.to_thread(jobs.report_of, known)):
        await jobs.drop_media(known.file)  # they came again with this turn
        return known, False
    return await made(Wanted(file=question.file.id, options=options), caller, sending, stored=question.file), True


def _failed(report: Report | None) -> bool:
    """Whether a report has no claims because its model failed: asked again it may answer."""
    return report is not None and not report.claims and any(f.stage.startswith("agent ") for f in report.failures)


async def _replied(analysis: Analysis, question: Asked, request: ChatRequest, sending: Sending) -> Replied:
    """What is told once the analysis has ended.

    Raises:
        ApiError: 422, it came to no report; 503, the server is stopped before it has ended.
    """
    jobs = sending.jobs
    now = analysis if analysis.ended else await asyncio.to_thread(jobs.analyses.get, analysis.id, analysis.owner)
    if not now.ended:
        raise ApiError(503, "the server is being stopped; ask again: it goes on where it was", "stopping", RETRY)
    report = await asyncio.to_thread(jobs.report_of, now)
    if report is None:
        raise ApiError(422, now.error or f"the analysis was {now.status}", "analysis_failed")
    if request.wants_report:
        return Replied(report.model_dump_json(), report, None)
    if not question.texts:
        return Replied(summary(report), report, None)
    answer = await answered(analysis, report, question.texts, sending)
    first = len(question.texts) == 1
    return Replied(f"{answer.text}\n\n{summary(report)}" if first else answer.text, report, answer)


async def answered(analysis: Analysis, report: Report, texts: tuple[str, ...], sending: Sending) -> ChatAnswer:
    """The answer to the last question; earlier ones are gone on from where they were answered here."""
    jobs = sending.jobs
    clip = sending.files.media(analysis.file)
    before = await asyncio.to_thread(_history, jobs.folder(analysis.id), texts[:-1])
    with named(analysis, jobs):
        answer = await jobs.engine.answer(
            report,
            clip if clip.exists() else None,
            texts[-1],
            before,
            jobs.codebook_of(analysis),
            jobs.places(analysis),
        )
    await asyncio.to_thread(write_file, _path(jobs.folder(analysis.id), texts), answer.history.model_dump_json())
    return answer


def _history(folder: Path, texts: tuple[str, ...]) -> ChatHistory | None:
    path = _path(folder, texts)
    return ChatHistory.model_validate_json(path.read_bytes()) if texts and path.exists() else None


def _path(folder: Path, texts: tuple[str, ...]) -> Path:
    return folder / "chats" / f"{hashlib.sha256(json.dumps(texts).encode()).hexdigest()}.json"


async def _streamed(
    analysis: Analysis, new: bool, question: Asked, request: ChatRequest, sending: Sending
) -> AsyncIterator[str]:
    """Progress as reasoning, the answer as content."""
    counted = bool((request.stream_options or {}).get("include_usage"))
    head = {**_head(request), "object": "chat.completion.chunk"} | ({"usage": None} if counted else {})

    def chunk(delta: dict[str, str], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return f"data: {json.dumps({**head, 'choices': [choice], **more})}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    try:
        async for line in progress(analysis, new, sending.jobs):
            yield chunk({"reasoning_content": f"{line}\n"}) if line is not None else ": still there\n\n"
        replied = await _replied(analysis, question, request, sending)
    except (ApiError, MentalisError) as error:
        status, code = (error.status, error.code) if isinstance(error, ApiError) else (400, type(error).__name__)
        yield f"data: {json.dumps(body(status, str(error), code))}\n\n"
        return
    except AWAY:
        yield f"data: {json.dumps(body(503, DATABASE_AWAY, 'database'))}\n\n"
        return
    except Exception as error:
        logger.exception("analysis %s: the stream about it broke off", analysis.id)
        yield f"data: {json.dumps(body(500, FAILED, type(error).__name__))}\n\n"
        return
    for piece in replied.text.splitlines(keepends=True):
        yield chunk({"content": piece})
    yield chunk({}, "stop", mentalis=_cited(analysis, replied).model_dump(mode="json"))
    if counted:
        yield f"data: {json.dumps({**head, 'choices': [], 'usage': _usage(replied, new).model_dump()})}\n\n"
    yield "data: [DONE]\n\n"


def _head(request: ChatRequest) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": request.model}


def _usage(replied: Replied, new: bool) -> Usage:
    """Tokens of this request: those of the analysis too where it was made for it, and not again in later turns."""
    tokens = replied.report.provenance.tokens if new else TokenUse()
    if replied.answer is not None:
        tokens = tokens + replied.answer.tokens
    prompt, completion = tokens.prompt_tokens, tokens.completion_tokens
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)


def _cited(analysis: Analysis, replied: Replied) -> Cited:
    """What an answer rests on, for programs."""
    answer = replied.answer
    return Cited(
        analysis=analysis.id,
        file=analysis.file,
        citations={claim.id: list(claim.evidence) for claim in replied.report.claims},
        failures=list(replied.report.failures),
        sources=list(answer.citations) if answer else [],
        method=answer.method if answer else None,
        notes=list(answer.notes) if answer else [],
    )
