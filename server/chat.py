"""OpenAI's chat completions: a clip and questions about it; what a client sends again is not analysed again."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from agents.chat_history import ChatAnswer, ChatHistory
from agents.report import Report, TokenUse
from graphs.state import STRATEGIES
from perception.errors import MentalisError
from reports.writing import write_file
from server.access import Caller, Reads, Writes
from server.analyses import UNBUFFERED, named
from server.analysis_records import Analysis
from server.bodies import LARGE_AT_ONCE, described, large, read_json
from server.chat_messages import Asked, Message, asked
from server.engine import Options
from server.errors import ApiError, body
from server.sending import Sending, Wanted, check, made
from server.summary import summary

MODEL = "mentalis"
CREATED = 1_760_000_000  # of the models, as OpenAI's list has it; a constant so that lists compare equal


class Form(BaseModel):
    """What the answer is: words, or the report as JSON; the report keeps its own schema, whatever is asked for."""

    type: Literal["text", "json_object", "json_schema"]


class ChatRequest(BaseModel):
    """What is read of a request; other fields of OpenAI's are accepted and not used."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [
                        {
                            "role": "user",
                            "content": [
                                {"type": "video_url", "video_url": {"url": "file-00000000000000000000000000000000"}},
                                {"type": "text", "text": "When does she smile?"},
                            ],
                        }
                    ],
                }
            ]
        },
    )

    model: str = Field(default=MODEL, max_length=100)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool = False
    stream_options: dict[str, Any] | None = None
    response_format: Form | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**31)


SHAPE: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": described(ChatRequest)}}}
}


class Replied(NamedTuple):
    """What a client is told about a clip."""

    text: str
    report: Report
    answer: ChatAnswer | None  # to a question; none: the report alone was asked for


def routes(sending: Sending) -> APIRouter:
    """The endpoints that OpenAI's clients call."""
    router = APIRouter(prefix="/v1", tags=["chat"])
    few = asyncio.Semaphore(LARGE_AT_ONCE)

    @router.get("/models")
    def models(caller: Reads) -> dict[str, Any]:
        """The strategies by which a clip can be judged; the first is the server's usual one."""
        return {"object": "list", "data": [_model(name) for name in names()]}

    @router.get("/models/{name:path}")
    def model(name: str, caller: Reads) -> dict[str, Any]:
        """One of the models."""
        strategy_of(name)
        return _model(name)

    @router.post("/chat/completions", response_model=None, openapi_extra=SHAPE)
    async def complete(http: Request, caller: Writes) -> dict[str, Any] | StreamingResponse:
        """Answer the last user message about the clip that it or an earlier one brings."""
        async with large(http, few):
            request = await read_json(http, ChatRequest)  # now that the key is known: it may be long
            strategy = strategy_of(request.model)
            options = Options(strategy=strategy, seed=request.seed)
            check(options, caller, sending)
            question = await asked(request.messages, sending, caller.owner)
            request.messages.clear()  # the clip in them is a file now, and the analysis may take long
        analysis, new = await _analysis(question, options, caller, sending)
        if request.stream:
            chunks = _streamed(analysis, new, question, request, sending)
            return StreamingResponse(chunks, media_type="text/event-stream", headers=UNBUFFERED)
        if not analysis.ended:
            async for _ in sending.jobs.log.followed(analysis.id):
                pass
        replied = await _replied(analysis, question, request, sending)
        choice = {"index": 0, "message": {"role": "assistant", "content": replied.text}, "finish_reason": "stop"}
        head = _head(analysis, request, "chat.completion")
        return {**head, "choices": [choice], "usage": _usage(replied, new), "mentalis": _cited(analysis, replied)}

    return router


def names() -> list[str]:
    """The models' names."""
    return [MODEL, *(f"{MODEL}/{strategy}" for strategy in STRATEGIES)]


def strategy_of(model: str) -> Any:
    """The strategy that a model's name asks for; none: the server's usual one.

    Raises:
        ApiError: 404, no such model.
    """
    if model not in names():
        raise ApiError(
            404, f"there is no model {model[:60]!r}; there are: {', '.join(names())}", "model_not_found", param="model"
        )
    return model.partition("/")[2] or None


async def _analysis(question: Asked, options: Options, caller: Caller, sending: Sending) -> tuple[Analysis, bool]:
    """The analysis of the clip that was asked about, and whether it is a new one or was there already."""
    jobs = sending.jobs
    if question.analysis is not None:
        return jobs.analyses.get(question.analysis, caller.owner), False
    assert question.file is not None, "a question is about an analysis or a file"
    known = jobs.analyses.same(caller.owner, question.file.id, options.model_dump(mode="json", exclude_none=True))
    if known is not None and not _failed(jobs.report_of(known)):
        await jobs.drop_media(known.file)  # they came again with this turn
        return known, False
    return await made(Wanted(file=question.file.id, options=options), caller, sending, stored=question.file), True


def _failed(report: Report | None) -> bool:
    """Whether a report has no claims because its model failed: asked again it may answer."""
    return report is not None and not report.claims and any(f.stage.startswith("agent ") for f in report.failures)


async def _replied(analysis: Analysis, question: Asked, request: ChatRequest, sending: Sending) -> Replied:
    """What is told once the analysis has ended.

    Raises:
        ApiError: 422, it came to no report.
    """
    jobs = sending.jobs
    ended = analysis if analysis.ended else jobs.analyses.get(analysis.id, analysis.owner)
    report = jobs.report_of(ended)
    if report is None:
        raise ApiError(422, ended.error or f"the analysis was {ended.status}", "analysis_failed")
    if request.response_format is not None and request.response_format.type != "text":
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
    before = _history(jobs.folder(analysis.id), texts[:-1])
    with named(clip, analysis):
        answer = await jobs.engine.answer(
            report,
            clip if clip.exists() else None,
            texts[-1],
            before,
            jobs.codebook_of(analysis),
            jobs.places(analysis),
        )
    write_file(_path(jobs.folder(analysis.id), texts), answer.history.model_dump_json())
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
    head = _head(analysis, request, "chat.completion.chunk")

    def chunk(delta: dict[str, str], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return f"data: {json.dumps({**head, 'choices': [choice], **more})}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    async for numbered in sending.jobs.log.followed(analysis.id):
        if numbered is None:
            yield ": still there\n\n"
        elif line := _progress(numbered[1]):
            yield chunk({"reasoning_content": f"{line}\n"})
    try:
        replied = await _replied(analysis, question, request, sending)
    except (ApiError, MentalisError) as error:
        status, code = (error.status, error.code) if isinstance(error, ApiError) else (400, type(error).__name__)
        yield f"data: {json.dumps(body(status, str(error), code))}\n\n"
        return
    for piece in replied.text.splitlines(keepends=True):
        yield chunk({"content": piece})
    yield chunk({}, "stop", mentalis=_cited(analysis, replied))
    if (request.stream_options or {}).get("include_usage"):
        yield f"data: {json.dumps({**head, 'choices': [], 'usage': _usage(replied, new)})}\n\n"
    yield "data: [DONE]\n\n"


def _progress(event: dict[str, Any]) -> str | None:
    """A line about what has happened."""
    if event["kind"] == "tool_finished":
        done = "is done" if event["status"] in ("ok", "abstained") else event["status"]
        return f"{event['tool']} {done}" + (f": {event['error']}" if event["error"] else "")
    if event["kind"] == "agent_finished":
        about = f" about {event['person']}" if event["person"] else ""
        return f"{event['agent']}{about} is done" + (f": {event['error']}" if event["error"] else "")
    return None


def _head(analysis: Analysis, request: ChatRequest, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{analysis.id}", "object": kind, "created": int(time.time()), "model": request.model}


def _usage(replied: Replied, new: bool) -> dict[str, int]:
    """Tokens of this request: those of the analysis too where it was made for it, and not again in later turns."""
    tokens = replied.report.provenance.tokens if new else TokenUse()
    if replied.answer is not None:
        tokens = tokens + replied.answer.tokens
    prompt, completion = tokens.prompt_tokens, tokens.completion_tokens
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _cited(analysis: Analysis, replied: Replied) -> dict[str, Any]:
    """What an answer rests on, for programs."""
    cited: dict[str, Any] = {
        "analysis": analysis.id,
        "file": analysis.file,
        "citations": {claim.id: list(claim.evidence) for claim in replied.report.claims},
        "failures": [failure.model_dump() for failure in replied.report.failures],
    }
    if replied.answer is not None:
        cited["sources"] = [source.model_dump(mode="json") for source in replied.answer.citations]
        cited["method"], cited["notes"] = replied.answer.method, list(replied.answer.notes)
    return cited


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "mentalis"}
