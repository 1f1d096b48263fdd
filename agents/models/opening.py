"""Which kind of model a name means, opening it, and whether it can be asked."""

from pathlib import Path

from agents.agent import Model
from agents.models.errors import ModelError

LOCAL = "transformers:"  # before the id or folder of a model that runs in this process


def open_model(
    name: str,
    base_url: str | None = None,
    *,
    api_key: str | None = None,
    timeout_s: float = 120.0,
    retries: int = 3,
    concurrency: int = 8,
    seed: int = 0,
    cache: Path | None = None,
) -> Model:
    """A model at an OpenAI-compatible endpoint, or with `transformers:` before its name in this process.

    Args:
        name: as the endpoint calls it, or `transformers:<id or folder>`.
        base_url: the endpoint, such as http://localhost:8000/v1.
        api_key: of the endpoint.
        timeout_s: of one call.
        retries: of a call that fails on the way.
        concurrency: calls at a time.
        seed: of sampling.
        cache: folder of earlier answers; none: every question is asked.

    Raises:
        ModelError: an endpoint is missing, or a local model can't be loaded.
    """
    if name.startswith(LOCAL):
        from agents.models.local_model import LocalModel

        return LocalModel(name.removeprefix(LOCAL), seed=seed)
    if base_url is None:
        raise ModelError(
            f"model {name!r} needs an endpoint: give --base-url (such as http://localhost:8000/v1) or "
            f"MENTALIS_BASE_URL, or run a small model in-process with {LOCAL}<id or folder>"
        )
    from agents.models.chat_model import ChatModel
    from agents.models.response_cache import ResponseCache

    return ChatModel(
        name,
        base_url,
        api_key=api_key,
        timeout_s=timeout_s,
        retries=retries,
        concurrency=concurrency,
        seed=seed,
        cache=ResponseCache(cache) if cache else None,
    )


async def check_model(model: Model | None) -> None:
    """Know before a long measurement that a model can be asked after it; one in this process can.

    Raises:
        ModelError: nobody answers at its endpoint, or there is no such model.
    """
    from agents.models.chat_model import ChatModel

    if isinstance(model, ChatModel):
        await model.check()
