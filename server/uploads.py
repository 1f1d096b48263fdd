"""Where an upload is limited: a body is counted as it is written to disk, and only a video is kept."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from perception.container import identify
from perception.errors import ClipError
from server.errors import ApiError


async def received(body: AsyncIterator[bytes], path: Path, most_bytes: int) -> tuple[int, str]:
    """Write a body to a file and return its length and sha256; a file that is refused is deleted.

    Raises:
        ApiError: 413, longer than `most_bytes`; 400, empty.
    """
    written, digest = 0, hashlib.sha256()
    try:
        with path.open("wb") as file:
            async for chunk in body:
                written += len(chunk)
                if written > most_bytes:
                    raise ApiError(413, f"it is longer than {most_bytes / 1e6:g} MB; send a smaller one", "too_large")
                digest.update(chunk)
                file.write(chunk)
        if not written:
            raise ApiError(400, "it is empty; send a video file", "empty")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return written, digest.hexdigest()


def check_video(path: Path) -> None:
    """Refuse what is no video by its content, whatever it is called.

    Raises:
        ApiError: 400, it is none that is read, or shorter than it says.
    """
    try:
        identify(path)
    except ClipError as error:
        raise ApiError(400, str(error).removeprefix(f"{path}: "), type(error).__name__, param="file") from error
