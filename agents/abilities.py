"""What a model endpoint can do, found out by asking it: documentation and version numbers do not tell."""

import base64
import io
import json
import wave
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from perception.evidence import Frozen

Send = Callable[[list[dict[str, Any]], dict[str, Any]], Awaitable[Any]]
Medium = Literal["images", "video", "audio"]

PICTURE_PX = 64
VIDEO_FRAMES, VIDEO_HZ = 8, 8
SOUND_S, SOUND_HZ = 0.5, 16_000
A_WORD = {"type": "object", "properties": {"word": {"enum": ["yes"]}}, "required": ["word"]}
USUAL_CHARACTERS_PER_TOKEN = 3.0  # of JSON and English; fewer than of plain English


class Abilities(Frozen):
    """What an endpoint does with one of its models; none: not known."""

    context_tokens: int | None = None
    characters_per_token: float = USUAL_CHARACTERS_PER_TOKEN
    images: bool = False
    video: bool = False
    audio: bool = False


class Extras(Frozen):
    """What else an endpoint does, which no analysis depends on."""

    schema_followed: bool
    logprobs: bool


async def takes(medium: Medium, send: Send) -> bool:
    """Whether a tiny picture, video or sound is taken.

    Raises:
        Exception: the endpoint fails for another reason than that it refuses.
    """
    parts = [PARTS[medium](), {"type": "text", "text": "Say ok."}]
    try:
        await send([{"role": "user", "content": parts}], {"max_tokens": 1})
    except Exception as error:
        if _refused(error):
            return False
        raise
    return True


async def follows_schema(send: Send) -> bool:
    """Whether an answer keeps to a schema that no model would keep to by chance."""
    asked = [{"role": "user", "content": "Say no."}]
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": A_WORD, "strict": True}}
    try:
        completion = await send(asked, {"max_tokens": 30, "response_format": form})
        return bool(json.loads(completion.choices[0].message.content, strict=False) == {"word": "yes"})
    except (ValueError, TypeError, IndexError):
        return False
    except Exception as error:
        if _refused(error):
            return False
        raise


async def gives_logprobs(send: Send) -> bool:
    """Whether the probabilities of an answer's tokens come with it."""
    try:
        asked = [{"role": "user", "content": "Say ok."}]
        completion = await send(asked, {"max_tokens": 1, "logprobs": True, "top_logprobs": 2})
        told = completion.choices[0].logprobs
        return bool(told is not None and told.content and told.content[0].top_logprobs)
    except (IndexError, AttributeError):
        return False
    except Exception as error:
        if _refused(error):
            return False
        raise


def _refused(error: Exception) -> bool:
    import openai

    return isinstance(error, openai.APIStatusError) and error.status_code in (400, 404, 415, 422, 501)


def _data_url(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _picture() -> dict[str, Any]:
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (PICTURE_PX, PICTURE_PX), (128, 128, 128)).save(content, "JPEG")
    return {"type": "image_url", "image_url": {"url": _data_url("image/jpeg", content.getvalue())}}


def _video() -> dict[str, Any]:
    import av
    import numpy as np

    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as file:
        stream: Any = file.add_stream("libx264", rate=VIDEO_HZ)
        stream.width, stream.height, stream.pix_fmt = PICTURE_PX, PICTURE_PX, "yuv420p"
        for n in range(VIDEO_FRAMES):
            rgb = np.full((PICTURE_PX, PICTURE_PX, 3), 100 + 10 * n, dtype=np.uint8)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
        file.mux(stream.encode(None))
    return {"type": "video_url", "video_url": {"url": _data_url("video/mp4", content.getvalue())}}


def _sound() -> dict[str, Any]:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_HZ)
        file.writeframes(bytes(2 * round(SOUND_S * SOUND_HZ)))
    data = base64.b64encode(content.getvalue()).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


PARTS: dict[Medium, Callable[[], dict[str, Any]]] = {"images": _picture, "video": _video, "audio": _sound}
