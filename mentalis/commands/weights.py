"""`mentalis weights`: optional model weights, listed, downloaded and verified."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Optional weights that make tools better; nothing needs them.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """Show which weights are known, and which are here."""
    from perception.engine_cards import engine_cards
    from perception.weights import list_weights

    use_settings()
    for status in list_weights():
        weight = status.weight
        typer.echo(f"{weight.name}  {weight.bytes / 1e6:.1f} MB  {status.path or 'not here'}")
        typer.echo(f"    {weight.source}; used by {', '.join(weight.used_by)}; licence: {weight.licence}")
    typer.echo("\nEngines that bring their weights from elsewhere (`mentalis weights card NAME`):")
    for card in engine_cards():
        typer.echo(f"{card.name}  {card.engine}\n    get: {card.get}; licence: {card.licence}")


@app.command("card")
def card_(
    name: Annotated[str, typer.Argument(help="Name of the weights or the engine, or a folder of trained ones.")],
) -> None:
    """Show what weights are: source, licence, training data, metric with its protocol, limits."""
    import yaml

    from perception.engine_cards import card_of
    from perception.models.trained import read_card

    card = read_card(Path(name)) if Path(name).is_dir() else card_of(name)
    typer.echo(yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, allow_unicode=True).rstrip())


@app.command("download")
def download_(name: Annotated[str, typer.Argument(help="Name of the weights.", show_default=False)]) -> None:
    """Download weights, going on where an earlier download stopped, and verify their hash."""
    from rich.progress import Progress

    from perception.weights import download

    use_settings()
    with Progress(transient=True) as progress:
        line = progress.add_task(name, total=None)
        path = download(name, lambda done, total: progress.update(line, completed=done, total=total))
    typer.echo(str(path))


@app.command("verify")
def verify_() -> None:
    """Check the hashes of the weights that are here; exit code 1 when one is wrong."""
    from perception.weights import verify

    use_settings()
    wrong = False
    for status in verify():
        typer.echo(f"{status.weight.name}: {status.state}")
        wrong = wrong or status.state == "wrong"
    raise typer.Exit(1 if wrong else 0)


@app.command("install-pyfeat")
def install_pyfeat_(
    environment: Annotated[
        Path | None, typer.Option(help="A new or empty folder, or an earlier environment, which is replaced.")
    ] = None,
) -> None:
    """Make py-feat's own environment (several gigabytes): it needs other versions than Mentalis."""
    from perception.pyfeat_environment import environment_folder, install

    use_settings()
    folder = install(environment or environment_folder())
    typer.echo(f"py-feat is in {folder}; next: mentalis analyze CLIP --option action_units.engine=pyfeat")


def use_settings() -> None:
    """Look for weights where the settings say."""
    from mentalis.settings import read_settings, use_weights_of

    use_weights_of(read_settings())
