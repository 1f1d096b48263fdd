"""OpenAI's chat completions: the last user message brings a clip, the answer is what the report says of it."""

import base64
import binascii
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from agents.report import Report
from server.errors import ApiError
from server.jobs import Job, Jobs

MODEL = "mentalis"
EARLIER = "analysis:"  # video_url of an earlier analysis of the same clip, by its id


class Message(BaseModel):
    """One message, as OpenAI's clients send it."""

    role: str
    content: str | list[dict[str, Any]] | None = None


class ChatRequest(BaseModel):
    """What is read of a request; other fields of OpenAI's are accepted and not used."""

    model_config = ConfigDict(extra="ignore")

    model: str = MODEL
    messages: list[Message] = Field(min_length=1)
    stream: bool = False
    response_format: dict[str, Any] | None = None


def routes(jobs: Jobs, most_bytes: int) -> APIRouter:
    """The endpoints that OpenAI's clients call."""
    router = APIRouter(prefix="/v1", tags=["chat"])

    @router.get("/models")
    async def models() -> dict[str, Any]:
        """The one model: the graph."""
        return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "mentalis"}]}

    @router.post("/chat/completions", response_model=None)
    async def complete(request: ChatRequest) -> dict[str, Any] | StreamingResponse:
        """Analyse the clip of the last user message that has one."""
        job = await _job_of(request, jobs, most_bytes)
        if request.stream:
            return StreamingResponse(_streamed(job, request), media_type="text/event-stream")
        async for _ in job.followed():
            pass
        message = {"role": "assistant", "content": _answer(job, request)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return {**_head(job, "chat.completion"), "choices": [choice], "usage": _usage(job), "mentalis": _cited(job)}

    return router


async def _job_of(request: ChatRequest, jobs: Jobs, most_bytes: int) -> Job:
    url = _clip_url(request.messages)
    if url.startswith(EARLIER):
        return jobs.get(url.removeprefix(EARLIER))
    head, comma, content = url.partition(",")
    if not (url.startswith("data:") and comma and head.endswith(";base64")):
        raise ApiError(400, "video_url must be a data: URL (base64) or analysis:ID; links are not fetched", "video_url")
    if len(content) * 3 // 4 > most_bytes:
        raise ApiError(413, f"the clip is longer than {most_bytes / 1e6:g} MB; send a smaller one", "too_large")
    try:
        clip = base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise ApiError(400, "video_url is not valid base64", "video_url") from error
    job = jobs.new({})
    job.clip.write_bytes(clip)
    jobs.start(job)
    return job


def _clip_url(messages: list[Message]) -> str:
    for message in reversed(messages):
        for part in message.content if isinstance(message.content, list) else ():
            if message.role == "user" and part.get("type") == "video_url":
                url = part.get("video_url")
                url = url.get("url") if isinstance(url, dict) else url
                return str(url)
    raise ApiError(400, "no user message has a clip: add a part of type video_url", "no_clip")


async def _streamed(job: Job, request: ChatRequest) -> AsyncIterator[str]:
    """Progress as reasoning, the answer as content."""
    head = _head(job, "chat.completion.chunk")

    def chunk(delta: dict[str, str], finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return f"data: {json.dumps({**head, 'choices': [choice]})}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    async for _, event in job.followed():
        if event["kind"] in ("tool_finished", "agent_finished"):
            yield chunk({"reasoning_content": f"{event.get('tool') or event.get('agent')} is done\n"})
    try:
        yield chunk({"content": _answer(job, request)})
    except ApiError as error:
        yield f"data: {json.dumps({'error': {'message': error.message, 'code': error.code}})}\n\n"
        return
    yield chunk({}, "stop")
    yield "data: [DONE]\n\n"


def _answer(job: Job, request: ChatRequest) -> str:
    if job.report is None:
        raise ApiError(400, job.error or "the analysis gave no report", "analysis_failed")
    if request.response_format and request.response_format.get("type") in ("json_schema", "json_object"):
        return job.report.model_dump_json()
    return _in_words(job.report)


def _in_words(report: Report) -> str:
    lines = [report.narrative, ""]
    for claim in report.claims:
        if not claim.abstained:
            when = f"{claim.start_s:.1f}-{claim.end_s:.1f} s"
            sure = f"{claim.confidence:.0%}"
            lines.append(f"- {claim.level}, {claim.person or 'all'}, {when}: {claim.label} ({sure}). {claim.text} "
                         f"[{', '.join(claim.evidence)}]")  # fmt: skip
    return "\n".join([*lines, "", report.caveats[0]])


def _head(job: Job, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{job.id}", "object": kind, "created": int(time.time()), "model": MODEL}


def _usage(job: Job) -> dict[str, int]:
    tokens = job.report.provenance.tokens if job.report else None
    prompt, completion = (tokens.prompt_tokens, tokens.completion_tokens) if tokens else (0, 0)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _cited(job: Job) -> dict[str, Any]:
    claims = job.report.claims if job.report else ()
    return {"analysis": job.id, "citations": {claim.id: list(claim.evidence) for claim in claims}}
