"""What a model endpoint can do, found out by asking it: documentation and version numbers do not tell."""

import json
import math
from collections.abc import Awaitable, Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

import numpy as np
from pydantic import Field

from agents.models.errors import WrongAnswer
from agents.showing.media import LONG_SIDE_PX, SOUND_HZ, jpeg, mp4, picture_part, sound_part, video_part, wav
from perception.evidence import Frozen

Send = Callable[[list[dict[str, Any]], dict[str, Any]], Awaitable[Any]]
T = TypeVar("T")

VIDEO_FRAMES, SOUND_S = 8, 2  # of the trials; a picture a second, as slow as a long clip's are
A_WORD = {
    "type": "object",
    "properties": {"word": {"enum": ["yes"]}},
    "required": ["word"],
    "additionalProperties": False,
}
SAID = "Say ok."
REFUSED = (400, 413, 415, 422, 501)  # HTTP: what was sent is not taken, and won't be
NO_JSON = (json.JSONDecodeError, UnicodeDecodeError)  # of a body that says it is; the client lets these through
LOGPROBS = (20, 5)  # alternatives to a token: as many as vLLM and OpenAI give, and as others do
# A line such as those that are sent, often enough that the message around it counts little.
SAMPLE = 8 * (
    '{"id": "au12-3", "person": "P1", "start_ms": 1240, "end_ms": 2980, "confidence": 0.81, "quality": 0.93, '
    '"text": "lip corner puller (AU12), marked (C, 2.7 of 5), apex at 1.96 s"}\n'
)
ANSWER_SLACK, LEAST_ANSWER_TOKENS = 1.5, 512


class Abilities(Frozen):
    """What an endpoint does with one of its models, and what that costs; the costs are usual ones where not told."""

    known: bool = False  # it was found out; else nothing but text is sent, unless it is asked for
    unknown: Mapping[str, str] = Field(default_factory=dict)  # why these fields could not be found out all the same
    context_tokens: int | None = None  # none: not told
    characters_per_token: float = 3.0  # of JSON and English; fewer than of plain English
    picture_tokens: float = 320.0  # of 448 x 448 pixels
    frame_tokens: float = 160.0  # likewise, of a video: models join two frames
    sound_second_tokens: float = 25.0
    images: bool = False
    video: bool = False
    audio: bool = False
    schema_followed: bool = False
    top_logprobs: int = 0  # alternatives to a token that are told with their probabilities; 0: none


def answer_tokens(characters: int, able: Abilities) -> int:
    """Room for an answer of so many characters at most.

    A token of an answer may be shorter than one of evidence, above all where the answer is short; it has one
    character at least.
    """
    likely = math.ceil(ANSWER_SLACK * characters / able.characters_per_token)
    return min(characters, max(LEAST_ANSWER_TOKENS, likely))


async def try_out(send: Send, context_tokens: int | None) -> Abilities:
    """Ask an endpoint small questions with a picture, a video, a sound, a schema and for probabilities.

    Raises:
        Exception: the endpoint does not even answer words; see `is_failure`.
    """
    unknown: dict[str, str] = {}

    async def tokens(what: str, part: dict[str, Any]) -> int | None:
        return await _tried(what, cost([part], send), unknown)

    short = await cost([], send)
    text = await tokens("characters_per_token", {"type": "text", "text": SAMPLE})
    picture = await tokens("images", picture_part(jpeg(_grey())))
    video = await tokens("video", video_part(mp4([_grey(10 * n) for n in range(VIDEO_FRAMES)], Fraction(1))))
    sound = await tokens("audio", sound_part(wav(np.zeros(SOUND_S * SOUND_HZ, dtype=np.float32))))
    amounts = {
        "characters_per_token": len(SAMPLE) / (text - short) if text and text > short else None,
        "picture_tokens": picture - short if picture else None,
        "frame_tokens": (video - short) / VIDEO_FRAMES if video else None,
        "sound_second_tokens": (sound - short) / SOUND_S if sound else None,
    }
    return Abilities(
        known=True,
        context_tokens=context_tokens,
        images=picture is not None,
        video=video is not None,
        audio=sound is not None,
        schema_followed=await _tried("schema_followed", follows_schema(send), unknown) or False,
        top_logprobs=await _tried("top_logprobs", most_logprobs(send), unknown) or 0,
        unknown=unknown,
        **{name: amount for name, amount in amounts.items() if amount is not None and amount > 0},
    )


async def _tried(what: str, trial: Awaitable[T], unknown: dict[str, str]) -> T | None:
    """What a trial finds; none where it is refused, or fails for another reason, which is added to the unknown."""
    try:
        return await trial
    except Exception as error:
        if not is_failure(error):
            raise
        if not _refused(error):
            unknown[what] = _why(error)
        return None


async def cost(parts: list[dict[str, Any]], send: Send) -> int:
    """Tokens of a prompt with these parts; 0: the endpoint does not tell."""
    asked = [{"role": "user", "content": [*parts, {"type": "text", "text": SAID}]}]
    completion = await send(asked, {"max_tokens": 1})
    return getattr(getattr(completion, "usage", None), "prompt_tokens", None) or 0


async def follows_schema(send: Send) -> bool:
    """Whether an answer keeps to a schema that no model would keep to by chance."""
    asked = [{"role": "user", "content": "Say no."}]
    form = {"type": "json_schema", "json_schema": {"name": "trial", "schema": A_WORD, "strict": True}}
    completion = await send(asked, {"max_tokens": 30, "temperature": 0, "response_format": form})
    try:
        return bool(json.loads(completion.choices[0].message.content, strict=False) == {"word": "yes"})
    except (ValueError, TypeError):  # no JSON, or no words at all
        return False


async def most_logprobs(send: Send) -> int:
    """Of how many alternatives to a token the probabilities come with an answer; 0: of none."""
    for count in LOGPROBS:
        try:
            asked = [{"role": "user", "content": SAID}]
            completion = await send(asked, {"max_tokens": 1, "logprobs": True, "top_logprobs": count})
        except Exception as error:
            if not _refused(error):
                raise
        else:
            content = getattr(getattr(completion.choices[0], "logprobs", None), "content", None)
            return count if content and getattr(content[0], "top_logprobs", None) else 0
    return 0


def is_failure(error: Exception) -> bool:
    """Whether an endpoint can make a client raise this, whatever it does."""
    import openai

    return isinstance(error, (TimeoutError, openai.OpenAIError, WrongAnswer, *NO_JSON))


def _refused(error: Exception) -> bool:
    import openai

    return isinstance(error, openai.APIStatusError) and error.status_code in (404, *REFUSED)


def _why(error: Exception) -> str:
    """In a few words what kept a trial from being answered."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return f"HTTP {error.status_code}"
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        return "no answer in time"
    return "the connection failed" if isinstance(error, openai.APIConnectionError) else "no chat completion came"


def _grey(lighter: int = 0) -> Any:
    return np.full((LONG_SIDE_PX, LONG_SIDE_PX, 3), 100 + lighter, dtype=np.uint8)
