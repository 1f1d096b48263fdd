"""`mentalis model`: a vLLM server of one's own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mentalis.commands.options import BaseUrl

if TYPE_CHECKING:
    from agents.models.abilities import Abilities
    from mentalis.settings import Settings

app = typer.Typer(help="Serve a model with vLLM, in an environment of its own.", no_args_is_help=True)
Where = Annotated[Path | None, typer.Option(help="Environment of vLLM; in the data folder when not given.")]


@app.command("install")
def install(
    cpu: Annotated[bool, typer.Option("--cpu", help="For a machine without a GPU (small models, tests).")] = False,
    environment: Annotated[
        Path | None,
        typer.Option(help="A new or empty folder, or an earlier environment, which is replaced; in the data folder."),
    ] = None,
) -> None:
    """Make vLLM's own environment: it needs other versions than Mentalis."""
    from mentalis import vllm_environment

    folder = vllm_environment.install(environment or in_data_folder(), cpu=cpu)
    typer.echo(f"vLLM is in {folder}; next: mentalis model serve NAME")


@app.command("serve")
def serve(
    name: Annotated[str, typer.Argument(help="Hugging Face id or folder of the model.", show_default=False)],
    gpus: Annotated[
        int, typer.Option(min=1, help="GPUs to use: copies of a small model, or a large one over all.")
    ] = 1,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on the loopback address.")] = 8000,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds until it must be ready, download included.")] = 3600.0,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show vLLM's log.")] = False,
    environment: Where = None,
    flags: Annotated[list[str] | None, typer.Argument(help="Further flags for vLLM, after --.")] = None,
) -> None:
    """Start vLLM with the flags that the model needs, on the loopback address, until Ctrl-C."""
    import shlex
    import signal

    from mentalis import vllm_serving
    from mentalis.settings import read_settings

    folder = environment or in_data_folder()
    command = vllm_serving.command(folder, name, port, gpus, flags or [])
    vllm_serving.check_free(port)
    log = read_settings().data / "logs" / f"vllm-{port}.log"
    typer.echo(f"starting vLLM with {vllm_serving.about(name)}; its log: {log}", err=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stop as at Ctrl-C
    try:
        with vllm_serving.running(command, log) as child:
            with waiting(log, verbose) as tick:
                vllm_serving.until_healthy(child, port, log, timeout, tick)
            url = vllm_serving.base_url(port)
            typer.echo(url)
            typer.echo(f"next: mentalis analyze CLIP --model {shlex.quote(name)} --base-url {url}", err=True)
            vllm_serving.until_dead(child, log, tick)
    except KeyboardInterrupt:
        typer.echo("vLLM is stopped", err=True)


@app.command("check")
def check(
    base_url: BaseUrl = None,
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


def in_data_folder() -> Path:
    """Where vLLM's environment lies when nothing else is said."""
    from mentalis.settings import read_settings

    return read_settings().data / "vllm"


@contextmanager
def waiting(log: Path, verbose: bool) -> Iterator[Callable[[], None]]:
    """What to call now and then while vLLM starts and runs: it shows the log, or else the seconds until it is ready."""
    import time

    from rich.console import Console

    from mentalis.vllm_serving import follow

    if verbose:
        news = follow(log)

        def show() -> None:
            typer.echo(next(news), nl=False, err=True)

        try:
            yield show
        finally:
            show()
        return
    started = time.monotonic()
    with Console(stderr=True).status("waiting for vLLM") as status:
        yield lambda: status.update(f"waiting for vLLM: {time.monotonic() - started:.0f} s")


async def answers(settings: "Settings") -> dict[str, str]:
    """What the endpoint of the settings does with their model, in words.

    Raises:
        ModelError: it can't be reached, or does not serve the model.
    """
    from agents.models.chat_model import ChatModel
    from agents.models.errors import ModelError

    key = settings.api_key.get_secret_value() if settings.api_key else None
    client = ChatModel(settings.model or "", settings.base_url or "", api_key=key, timeout_s=settings.timeout_s)
    try:
        client.name = settings.model or next(iter(await client.served()), "")
        if not client.name:
            raise ModelError(f"{client.base_url} serves no model; name one that it takes all the same with --model")
        await client.check()
        served = await client.served_if_told()
        able = await client.tried_out()
    finally:
        await client.close()
    return {
        "model": client.name,
        "all models": ", ".join(served) or "not told",
        "context": f"{able.context_tokens:,} tokens" if able.context_tokens else "not told",
        "video": _told(able, "video", f"{able.frame_tokens:.0f} tokens a frame"),
        "images": _told(able, "images", f"{able.picture_tokens:.0f} tokens a picture of 448 x 448"),
        "audio": _told(able, "audio", f"{able.sound_second_tokens:.0f} tokens a second"),
        "text": f"{able.characters_per_token:.1f} characters a token",
        "keep to a schema": _told(able, "schema_followed"),
        "give logprobs": _told(able, "top_logprobs"),
    }


def _told(able: "Abilities", what: str, at: str = "") -> str:
    if what in able.unknown:
        return f"could not be found out: {able.unknown[what]}"
    return (f"yes, {at}" if at else "yes") if getattr(able, what) else "no"
