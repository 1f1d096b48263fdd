"""How many tokens messages are: told by the endpoint that would get them, or estimated."""

from collections import Counter
from typing import Any, NamedTuple

from agents.agent import Message
from agents.models.abilities import Abilities
from agents.models.errors import ModelError
from agents.showing.presentation import Presentation
from mentalis.settings import Settings


class TokenCount(NamedTuple):
    """A number of tokens, and how it is known."""

    tokens: int
    how: str


async def count(messages: list[Message], settings: Settings, presentation: Presentation) -> TokenCount:
    """Tokens of a prompt by the endpoint of the settings: its tokenizer, or a call for one token; else an estimate.

    Raises:
        ModelError: the endpoint tells neither.
    """
    if settings.model is None or settings.base_url is None:
        return TokenCount(estimate(messages, presentation), "an estimate: no endpoint was given")
    import httpx

    asked = {"model": settings.model, "messages": messages}
    root = settings.base_url.rstrip("/")
    key = settings.api_key.get_secret_value() if settings.api_key else "none"
    try:
        async with httpx.AsyncClient(timeout=settings.timeout_s, headers={"Authorization": f"Bearer {key}"}) as client:
            told = await client.post(f"{root.removesuffix('/v1')}/tokenize", json=asked)  # vLLM has it
            if told.is_success and "count" in (body := told.json()):
                return TokenCount(int(body["count"]), "by the endpoint's tokenizer")
            told = await client.post(f"{root}/chat/completions", json={**asked, "max_tokens": 1})
            told.raise_for_status()
            return TokenCount(int(told.json()["usage"]["prompt_tokens"]), "by a call for one token")
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{settings.model} at {settings.base_url} does not tell how many tokens this is "
            f"({type(error).__name__}); leave --base-url out for an estimate"
        ) from error


def estimate(messages: list[Message], presentation: Presentation) -> int:
    """Tokens as models usually count text, pictures of 448 px, and the video and sound of a presentation."""
    able = Abilities()
    contents = [message["content"] for message in messages]
    parts: list[dict[str, Any]] = [part for c in contents if not isinstance(c, str) for part in c]
    characters = sum(len(c) for c in contents if isinstance(c, str)) + sum(len(part.get("text", "")) for part in parts)
    kinds = Counter(part["type"] for part in parts)
    tokens = characters / able.characters_per_token + kinds["image_url"] * able.picture_tokens
    tokens += kinds["video_url"] * len(presentation.moments_s) * able.frame_tokens
    tokens += kinds["input_audio"] * presentation.sound_s * able.sound_second_tokens
    return round(tokens)
