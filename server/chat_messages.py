"""What a client's messages ask about which clip: video, pictures and sound in OpenAI's parts."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from server.chat_media import stored_clip, stored_stills
from server.errors import ApiError
from server.file_records import Stored
from server.sending import Sending

EARLIER = "analysis:"  # video_url of an analysis that is there, by its id
MOST_CHARACTERS = 10_000  # of one question
MOST_PICTURES = 64  # of one message
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


@dataclass(frozen=True)
class Media:
    """What a message brings: a clip, or pictures and a sound of which a clip is made."""

    clip: str | None  # a link
    pictures: tuple[str, ...] = ()
    sound: str | None = None


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
    media = _media(messages[bringing[-1]].parts)
    if media.clip is None:
        return Asked(await stored_stills(media.pictures, media.sound, sending, owner), None, tuple(since))
    if media.clip.startswith(EARLIER):
        return Asked(None, media.clip.removeprefix(EARLIER), tuple(since))
    return Asked(await stored_clip(media.clip, sending, owner), None, tuple(since))


def _media(parts: list[dict[str, Any]]) -> Media:
    """The media of a message: links of every kind; a sound as the data URL that it would be."""
    of = {kind: [_link(part) for part in parts if part.get("type") == kind] for kind in MEDIA}
    clips, pictures, sounds = of["video_url"] + of["file"], of["image_url"], of["input_audio"]
    if len(clips) > 1 or len(sounds) > 1:
        raise ApiError(400, "send one clip in a message; further ones in messages of their own", "video_url")
    if clips and (pictures or sounds):
        raise ApiError(400, "send a clip, or pictures and a sound of which one is made; not both", "video_url")
    if len(pictures) > MOST_PICTURES:
        raise ApiError(400, f"{len(pictures)} pictures: {MOST_PICTURES} at most; send a video", "image_url")
    return Media(clips[0] if clips else None, tuple(pictures), sounds[0] if sounds else None)


def _link(part: dict[str, Any]) -> str:
    given = part.get(part["type"])
    if part["type"] == "input_audio":
        data = given.get("data") if isinstance(given, dict) else None
        given = f"data:audio;base64,{data}" if data else None
    elif isinstance(given, dict):
        given = given.get("url") or given.get("file_id") or given.get("file_data")
    if not isinstance(given, str) or not given:
        wanted = "data, in base64" if part["type"] == "input_audio" else "url or file_id"
        raise ApiError(400, f"a part of type {part['type']} has no content: give its {wanted}", part["type"])
    return given
