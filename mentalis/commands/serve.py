"""`mentalis serve`: REST, OpenAI-compatible chat and the page."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from socket import socket
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import uvicorn

KEEP_ALIVE_S = 75  # longer than clients and proxies keep a connection: who closes first must not be this server
STARTUP_FAILED = 3  # exit code of uvicorn, which has told why
SWITCH_S = 0.0005  # after which a thread that thinks lets one that serves go on, if it waits; Python's usual is 5 ms


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; others than this machine need a key.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8080 when nothing else is set.")] = None,
    model: Annotated[str | None, typer.Option(help="Model at the endpoint, or transformers:ID.")] = None,
    base_url: Annotated[str | None, typer.Option(help="OpenAI-compatible endpoint of the model.")] = None,
    database_url: Annotated[str | None, typer.Option(help="PostgreSQL that several servers share.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of all that is kept.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page, where there is a screen.")] = True,
) -> None:
    """Serve analyses over REST and OpenAI's chat API, and a page to see them."""
    from mentalis import __version__
    from perception.errors import MentalisError

    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    sys.setswitchinterval(SWITCH_S)
    try:
        import uvicorn

        from mentalis.serving import Product, demo
        from server.api_keys import check_address, is_loopback
        from server.app import create_app
        from server.settings import read_server_settings
    except ImportError as error:
        raise MentalisError("serving needs the server extra: python scripts/install.py server") from error
    from mentalis.setting_up import with_overrides

    os.umask(0o077)  # clips, reports and the database are for nobody else on this machine
    settings = with_overrides(None, {"model": model, "base_url": base_url, "data": data_dir})
    given = {"host": host, "port": port, "database_url": database_url}
    limits = read_server_settings(**{name: value for name, value in given.items() if value is not None})
    alone = is_loopback(limits.host) and not limits.allowed_hosts
    product = Product(settings, limits.clip_limits())
    app = create_app(product, limits, settings.data / "server", __version__, demo(settings), local_paths=alone)
    check_address(limits.host, app.state.access.engine, limits.allowed_hosts)
    shown = f"[{limits.host}]" if ":" in limits.host else limits.host
    address = f"http://{shown}:{limits.port}"

    def told() -> None:
        typer.echo(f"Mentalis {__version__} at {address} (stop it with Ctrl-C)", err=True)
        if browser and sys.stderr.isatty() and (os.environ.get("DISPLAY") or sys.platform == "darwin"):
            import webbrowser

            webbrowser.open(address)

    config = uvicorn.Config(
        app,
        host=limits.host,
        port=limits.port,
        access_log=False,
        log_level="warning",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=5,
    )
    run(config, told, app.state.stop)


def run(config: "uvicorn.Config", started: Callable[[], None], stop: Callable[[], None]) -> None:
    """Serve until a signal ends it.

    Args:
        config: what is served where.
        started: called once it listens.
        stop: called at the signal: who listens to events would keep the server waiting.

    Raises:
        typer.Exit: 3, the address can't be had.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            stop()
            super().handle_exit(sig, frame)

    server = Server(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise typer.Exit(STARTUP_FAILED)
