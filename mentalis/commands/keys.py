"""`mentalis keys`: who may use the server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="Make, list and revoke the server's API keys.", no_args_is_help=True)
DataDir = Annotated[Path | None, typer.Option(help="Folder of all that the server keeps.")]
DatabaseUrl = Annotated[str | None, typer.Option(help="PostgreSQL that several servers share.")]
PER_MINUTE = 120


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What to call it.", show_default=False)],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="read, write or admin; each allows those before it; write where none is given."),
    ] = None,
    per_minute: Annotated[int, typer.Option(help="Requests a minute.")] = PER_MINUTE,
    of: Annotated[
        str | None, typer.Option(help="Name of a key whose files and analyses it shares; without, it has its own.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Make a key and print it; it is not shown again."""
    from server.api_keys import allows, made

    text, key = made(_database(data_dir, database_url), name, scope or ["write"], per_minute, of)  # type: ignore[arg-type]
    typer.echo(text)
    if not (key.of or allows(key.scopes, "write")):
        typer.echo(f"{name} sees nothing, for it can only read and has nothing of its own; --of NAME shares", err=True)


@app.command("list")
def list_(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """List the keys, revoked ones too; the keys themselves are kept nowhere."""
    import datetime

    from server.api_keys import listed

    keys = listed(_database(data_dir, database_url))
    names = {key.id: key.name for key in keys}
    for key in keys:
        made = datetime.datetime.fromtimestamp(key.created_at).isoformat(" ", "minutes")
        state = "revoked" if key.revoked_at else f"{', '.join(key.scopes)}, {key.per_minute} requests a minute"
        shares = f", shares what {names[key.of]} has" if key.of else ""
        typer.echo(f"{key.name}: {state}{shares}, made {made}")


@app.command()
def renew(
    name: Annotated[str, typer.Argument(help="Of the key.", show_default=False)],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Give a key another text, also a revoked one, and print it; what it made stays its own."""
    from server.api_keys import renewed

    text, _ = renewed(_database(data_dir, database_url), name)
    typer.echo(text)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Of the key.", show_default=False)],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Revoke a key: it is refused from now on, and what it made is kept."""
    from server.api_keys import revoked

    revoked(_database(data_dir, database_url), name)
    typer.echo(f"{name} is revoked", err=True)


def _database(data_dir: Path | None, database_url: str | None) -> "Engine":
    from mentalis.setting_up import with_overrides
    from server.app import database_of
    from server.settings import read_server_settings

    settings = with_overrides(None, {"data": data_dir})
    given = {"database_url": database_url} if database_url else {}
    return database_of(read_server_settings(**given), settings.data / "server")
