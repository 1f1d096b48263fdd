"""What a client's messages ask about which clip: video, pictures and sound in OpenAI's parts."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from server.analyses import Sending, later
from server.errors import ApiError
from server.file_records import Stored
from server.files import shown_name

EARLIER = "analysis:"  # video_url of an analysis that is there, by its id
CHUNK_CHARACTERS = 1 << 20  # a multiple of four, so that each piece of base64 stands for itself
MOST_CHARACTERS = 10_000  # of one question
MEDIA = ("video_url", "file", "image_url", "input_audio")


class Message(BaseModel):
    """One message, as OpenAI's clients send it."""

    model_config = ConfigDict(extra="ignore")

    role: str = Field(max_length=20)
    content: str | list[dict[str, Any]] | None = None

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Its parts; plain text is one."""
        if isinstance(self.content, str):
            return [{"type": "text", "text": self.content}]
        return self.content or []

    @property
    def text(self) -> str:
        """All that it says."""
        return "\n".join(str(part.get("text", "")) for part in self.parts if part.get("type") == "text").strip()


@dataclass(frozen=True)
class Asked:
    """Questions about a clip, the last of them to be answered now."""

    file: Stored | None
    analysis: str | None
    texts: tuple[str, ...]  # of the user since the clip was sent


async def asked(messages: list[Message], sending: Sending, owner: str) -> Asked:
    """Find the newest message of the user that brings a clip, keep the clip, and read what was asked since.

    Raises:
        ApiError: 400, there is no clip, or it can't be used as it was sent.
    """
    if messages[-1].role != "user":
        raise ApiError(400, "the last message must be the user's", "messages")
    bringing = [n for n, m in enumerate(messages) if m.role == "user" and any(p.get("type") in MEDIA for p in m.parts)]
    if not bringing:
        raise ApiError(400, "no user message has a clip: add a part of type video_url", "no_clip")
    since = [m.text for m in messages[bringing[-1] :] if m.role == "user" and m.text]
    if any(len(text) > MOST_CHARACTERS for text in since):
        raise ApiError(400, f"a question has {MOST_CHARACTERS} characters at most", "too_long")
    link = _link(messages[bringing[-1]].parts)
    if link.startswith(EARLIER):
        return Asked(None, link.removeprefix(EARLIER), tuple(since))
    return Asked(await _stored(link, sending, owner), None, tuple(since))


def _link(parts: list[dict[str, Any]]) -> str:
    """The one clip of a message: a data URL, a link, a file's or an analysis' id."""
    links = [_link_of(part) for part in parts if part.get("type") in ("video_url", "file")]
    if len(links) > 1:
        raise ApiError(400, "send one clip in a message; further ones in messages of their own", "video_url")
    if not links:
        raise ApiError(
            400, "pictures and sound alone are not analysed; send them as a video by video_url", "unsupported_media"
        )
    return links[0]


def _link_of(part: dict[str, Any]) -> str:
    given = part.get(part["type"])
    if isinstance(given, dict):
        given = given.get("url") or given.get("file_id") or given.get("file_data")
    if not isinstance(given, str) or not given:
        raise ApiError(400, f"a part of type {part['type']} names no clip: give its url or file_id", "video_url")
    return given


async def _stored(link: str, sending: Sending, owner: str) -> Stored:
    files = sending.files
    if link.startswith("file-"):
        return files.get(link, owner)
    if link.startswith("data:"):
        head, comma, content = link.partition(",")
        if not comma or not head.endswith(";base64"):
            raise ApiError(400, "video_url is a data: URL, but not of base64", "video_url")
        if len(content) * 3 // 4 > files.most_bytes + 2:
            raise ApiError(
                413, f"the clip is longer than {files.most_bytes / 1e6:g} MB; send a smaller one", "too_large"
            )
        body, name = _decoded(content), "clip"
    elif link.startswith(("http://", "https://")):
        body, name = sending.fetch(link), shown_name(link.partition("?")[0])
    else:
        raise ApiError(400, "video_url must be a data: URL (base64), a link, file-ID or analysis:ID", "video_url")
    return await files.save(body, owner, name, "vision", later(sending.file_s))


async def _decoded(content: str) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_CHARACTERS):
        try:
            yield base64.b64decode(content[start : start + CHUNK_CHARACTERS], validate=True)
        except ValueError as error:  # also of letters beyond ASCII
            raise ApiError(400, "video_url is not valid base64", "video_url") from error
