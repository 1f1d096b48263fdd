"""`mentalis model`: a vLLM server of one's own."""

from pathlib import Path
from typing import Annotated

import typer

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
