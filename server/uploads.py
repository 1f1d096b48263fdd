"""Where an upload is limited: a body is written to disk as it comes, and counted as it is written."""

from collections.abc import AsyncIterator
from pathlib import Path

from server.errors import ApiError


async def save(body: AsyncIterator[bytes], path: Path, most_bytes: int) -> int:
    """Write a body to a file and return its length; a file that is refused is deleted.

    Raises:
        ApiError: 413, longer than `most_bytes`; 400, empty.
    """
    written = 0
    try:
        with path.open("wb") as file:
            async for chunk in body:
                written += len(chunk)
                if written > most_bytes:
                    raise ApiError(
                        413, f"the clip is longer than {most_bytes / 1e6:g} MB; send a smaller one", "too_large"
                    )
                file.write(chunk)
        if not written:
            raise ApiError(400, "the body is empty; send a video file", "empty")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return written
