"""What a client asks to have analysed, and how it becomes an analysis that is queued."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from perception.errors import TranscriptError
from perception.transcripts import read_transcript
from reports.writing import write_file
from server.access import Caller
from server.analysis_records import Analysis, Priority, new_id
from server.engine import Options
from server.errors import ApiError
from server.file_records import Files, Stored, later
from server.files import shown_name
from server.jobs import CODEBOOK, Jobs

MOST_WORDS = 1_000_000  # characters of a transcript
MOST_S = 1e6  # of a clip, for who reads a transcript before it is known how long its clip is
Fetch = Callable[[str], AsyncIterator[bytes]]


class Terms(BaseModel):
    """What a client may say of an analysis besides its options, however the clip comes."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200, description="what to call it")
    purpose: str | None = Field(default=None, max_length=2000, description="why it is analysed; kept with it")
    consent: str | None = Field(default=None, max_length=2000, description="who agreed to it; kept with it")
    derived_only: bool = Field(
        default=False, description="the media are deleted once it has ended; so for all analyses of these bytes"
    )
    priority: Priority = "normal"
    webhook: str | None = Field(default=None, max_length=2000, description="told when it has ended")
    expires_after: int | None = Field(default=None, ge=60, le=365 * 86_400, description="seconds")


class Wanted(Terms):
    """An analysis that a client asks for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"file": "file-00000000000000000000000000000000", "options": {"seed": 1}}]},
    )

    file: str | None = Field(default=None, max_length=60, description="id of a file that was sent")
    url: str | None = Field(default=None, max_length=2000, description="of a clip, where the server fetches any")
    demo: bool = Field(default=False, description="the clip of the demo")
    transcript: str | None = Field(
        default=None, max_length=MOST_WORDS, description="what is said: SRT, WebVTT, JSON or plain text"
    )
    options: Options = Options()


class WantedOfBody(Terms, Options):
    """An analysis of a clip that is the request's body: all that can be said of it, in the query."""

    @field_validator("tools", mode="before")
    @classmethod
    def _comma_separated(cls, value: Any) -> Any:
        return tuple(filter(None, (name.strip() for part in value for name in part.split(",")))) if value else None

    def of(self, file: str | None) -> Wanted:
        """The same as if it were asked for the file."""
        said = self.model_dump()
        options = Options(**{name: said.pop(name) for name in Options.model_fields})
        return Wanted(file=file, options=options, **said)


class Demo(NamedTuple):
    """The demo's clip and its words."""

    clip: Callable[[], AsyncIterator[bytes]]
    transcript: str


class Sending(BaseModel):
    """What an analysis can be made with, wired by the application."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    files: Files
    jobs: Jobs
    fetch: Fetch
    demo: Demo
    analysis_s: float | None
    check_webhook: Callable[[str], object]  # raises where nobody may be told there


async def made(
    wanted: Wanted, caller: Caller, sending: Sending, idempotency_key: str | None = None, stored: Stored | None = None
) -> Analysis:
    """An analysis that is queued.

    Raises:
        ApiError: 400 or 404, it can't be made as it is wanted; 409, the idempotency key was used otherwise.
    """
    jobs, files = sending.jobs, sending.files
    named = [wanted.file is not None, wanted.url is not None, wanted.demo]
    if sum(named) != 1:
        raise ApiError(400, "name one of: file, url, demo", "file")
    asked = _asked(wanted, stored)
    if idempotency_key:
        known = await asyncio.to_thread(jobs.analyses.made_before, caller.owner, idempotency_key, asked)
        if known is not None:
            return await _queued(known, jobs)
    await asyncio.to_thread(check_all, wanted, caller, sending)
    if wanted.transcript is not None:
        await asyncio.to_thread(check_words, wanted.transcript)
    if stored is None and wanted.file is not None:
        stored = await asyncio.to_thread(files.get, wanted.file, caller.owner)
    elif stored is None:
        body = sending.fetch(wanted.url) if wanted.url is not None else sending.demo.clip()
        name = wanted.name or (wanted.url or "demo.mp4").partition("?")[0]
        stored = await files.save(body, caller.owner, shown_name(name))
    if not files.media(stored.id).exists():
        raise ApiError(404, f"the media of {stored.id} were deleted; send the clip again", "no_media")
    added = await asyncio.to_thread(_added, wanted, stored, caller, sending, idempotency_key, asked)
    return await _queued(added, jobs)


def _asked(wanted: Wanted, sent: Stored | None) -> str:
    """What a request asks for, as a hash: the same when it comes again, whether its file is still there or not."""
    about = None if sent is None else sent.sha256  # of a clip that came with it, whose id is new when it comes again
    plain = wanted.model_dump(mode="json", exclude={"file"} if sent else None)
    return hashlib.sha256(json.dumps([plain, about]).encode()).hexdigest()


async def _queued(analysis: Analysis, jobs: Jobs) -> Analysis:
    if analysis.status == "queued":
        await jobs.start(analysis)
    elif analysis.ended:  # known already: the media that came with the request again are not to be kept for it
        await jobs.drop_media(analysis.file)
    return analysis


def check_all(wanted: Wanted, caller: Caller, sending: Sending) -> None:
    """Refuse what can't be done, before anything is kept.

    Raises:
        ApiError: 400, no such codebook, or nobody may be told there.
        MentalisError: the other options.
    """
    check(wanted.options, caller, sending)
    if wanted.webhook is not None:
        sending.check_webhook(wanted.webhook)


def check(options: Options, caller: Caller, sending: Sending) -> None:
    """Refuse options that can't be used, before anything is kept.

    Raises:
        ApiError: 400, no such codebook.
        MentalisError: the others.
    """
    sending.jobs.codebooks.text_of(options.codebook, caller.owner)
    sending.jobs.engine.check(options)


def _added(
    wanted: Wanted, stored: Stored, caller: Caller, sending: Sending, idempotency_key: str | None, asked: str
) -> Analysis:
    """An analysis, its words and its codebook, which are there before its row: it never runs without them."""
    jobs, name, new = sending.jobs, new_id(), False
    words = sending.demo.transcript if wanted.demo else wanted.transcript
    try:
        if words:
            write_file(jobs.folder(name) / f"transcript.{kind_of(words)}", words)
        if book := jobs.codebooks.text_of(wanted.options.codebook, caller.owner):
            write_file(jobs.folder(name) / CODEBOOK, book)
        analysis, new = jobs.analyses.add(
            name,
            idempotency_key,
            asked,
            owner=caller.owner,
            file=stored.id,
            name=shown_name(wanted.name or stored.name),
            options=wanted.options.model_dump(mode="json", exclude_none=True),
            purpose=wanted.purpose,
            consent=wanted.consent,
            derived_only=wanted.derived_only,
            priority=wanted.priority,
            webhook=wanted.webhook,
            webhook_status=None if wanted.webhook is None else "pending",
            expires_at=later(wanted.expires_after or sending.analysis_s),
        )
        return analysis
    finally:
        if not new:
            shutil.rmtree(jobs.folder(name), ignore_errors=True)


def check_words(transcript: str) -> None:
    """Refuse a transcript that can't be read, as long as a clip may be.

    Raises:
        ApiError: 400, saying where it is wrong.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"transcript.{kind_of(transcript)}"
        write_file(path, transcript)
        try:
            read_transcript(path, MOST_S)
        except TranscriptError as error:
            raise ApiError(400, str(error).replace(str(path), "transcript"), "transcript") from error


def kind_of(transcript: str) -> str:
    """Suffix of a transcript's format, told by its content."""
    begin = transcript.lstrip("\ufeff \t\r\n")
    if begin.startswith("WEBVTT"):
        return "vtt"
    if begin.startswith(("{", "[")):
        return "json"
    return "srt" if "-->" in transcript else "txt"
