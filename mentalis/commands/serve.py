"""`mentalis serve`: REST, OpenAI-compatible chat and the page."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
) -> None:
    """Serve analyses over REST and OpenAI's chat API, and a page."""
    from mentalis import __version__
    from mentalis.serving import Product, demo
    from mentalis.settings import read_settings
    from perception.errors import MentalisError

    try:
        import uvicorn

        from server.app import create_app
        from server.settings import ServerSettings
    except ImportError as error:
        raise MentalisError("serving needs the server extra: python scripts/install.py server") from error
    from perception.clip import Limits

    settings, limits = read_settings(), ServerSettings()
    app = create_app(
        Product(settings, Limits()), limits, settings.data / "server", __version__, demo(settings), local_paths=True
    )
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning")
