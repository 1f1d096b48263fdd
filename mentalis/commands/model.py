"""`mentalis model`: a vLLM server of one's own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mentalis.settings import Settings

app = typer.Typer(help="Serve a model with vLLM, in an environment of its own.", no_args_is_help=True)
Where = Annotated[Path | None, typer.Option(help="Environment of vLLM; in the data folder when not given.")]


@app.command("install")
def install(
    cpu: Annotated[bool, typer.Option("--cpu", help="For a machine without a GPU (small models, tests).")] = False,
    environment: Where = None,
) -> None:
    """Make vLLM's own environment: it needs other versions than Mentalis."""
    from mentalis import vllm_environment

    folder = vllm_environment.install(environment or vllm_environment.default_folder(), cpu=cpu)
    typer.echo(f"vLLM is in {folder}; next: mentalis model serve NAME")


@app.command("serve")
def serve(
    name: Annotated[str, typer.Argument(help="Hugging Face id or folder of the model.", show_default=False)],
    port: Annotated[int, typer.Option(help="Port on the loopback address.")] = 8000,
    environment: Where = None,
    flags: Annotated[list[str] | None, typer.Argument(help="Further flags for vLLM, after --.")] = None,
) -> None:
    """Start vLLM with the flags that Mentalis needs, on the loopback address."""
    from mentalis import vllm_environment

    vllm_environment.serve(environment or vllm_environment.default_folder(), name, port, flags or [])


@app.command("check")
def check(
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint.")] = None,
    model: Annotated[
        str | None, typer.Option(help="Model at the endpoint; the first that it serves by default.")
    ] = None,
) -> None:
    """Ask an endpoint what it can do, with a tiny picture, video, sound and schema."""
    import asyncio

    from rich.console import Console
    from rich.table import Table

    from mentalis.settings import SettingsError, read_settings

    settings = read_settings(**({"base_url": base_url} if base_url else {}), **({"model": model} if model else {}))
    if settings.base_url is None:
        raise SettingsError("no endpoint to check: give --base-url (such as http://localhost:8000/v1)")
    table = Table("it can", "", title=f"{settings.base_url}", title_justify="left", box=None)
    for what, answer in asyncio.run(answers(settings)).items():
        table.add_row(what, answer)
    Console().print(table)


async def answers(settings: "Settings") -> dict[str, str]:
    """What the endpoint of the settings does with their model, in words.

    Raises:
        ModelError: it can't be reached, or does not serve the model.
    """
    from agents.chat_model import ChatModel
    from agents.errors import ModelError

    key = settings.api_key.get_secret_value() if settings.api_key else None
    client = ChatModel(settings.model or "", settings.base_url or "", api_key=key, timeout_s=settings.timeout_s)
    try:
        served = await client.served()
        client.name = settings.model or next(iter(served), "")
        if client.name not in served:
            raise ModelError(f"{client.base_url} does not serve {client.name!r}; it serves: {', '.join(served)}")
        able, extras = await client.abilities(), await client.extras()
    finally:
        await client.close()
    return {
        "model": client.name,
        "all models": ", ".join(served),
        "context": f"{able.context_tokens:,} tokens" if able.context_tokens else "not told",
        "video": _yes(able.video),
        "images": _yes(able.images),
        "audio": _yes(able.audio),
        "keep to a schema": _yes(extras.schema_followed),
        "give logprobs": _yes(extras.logprobs),
    }


def _yes(able: bool) -> str:
    return "yes" if able else "no"
