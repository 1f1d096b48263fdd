"""`mentalis serve`: REST and OpenAI-compatible chat."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on; anyone who reaches it can use it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8080,
) -> None:
    """Serve analyses over REST and OpenAI's chat API."""
    from mentalis.api import stream
    from mentalis.settings import read_settings
    from perception.errors import MentalisError

    try:
        import uvicorn

        from server.app import create_app
    except ImportError as error:
        raise MentalisError("serving needs the server extra: python scripts/install.py server") from error
    app = create_app(stream, read_settings().data / "server")
    uvicorn.run(app, host=host, port=port, access_log=False, log_level="warning")
