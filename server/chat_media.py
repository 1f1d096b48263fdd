"""What a message brings, kept as a file: a clip as it was sent, or one that is made of pictures and a sound."""

import asyncio
import base64
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from perception.errors import PictureError, WorkerKilled
from perception.pictures import write_stills
from perception.worker import run_limited
from server.errors import ApiError
from server.file_records import Stored
from server.files import shown_name
from server.sending import Sending
from server.uploads import received

CHUNK_CHARACTERS = 1 << 20  # a multiple of four, so that each piece of base64 stands for itself
CHUNK_BYTES = 1 << 20
MEMORY_MB, SECONDS = 2000.0, 60.0  # of the process that makes a clip of what a client sent


async def stored_clip(link: str, sending: Sending, owner: str) -> Stored:
    """The clip behind a data URL, a link or a file's id.

    Raises:
        ApiError: it can't be had, or is too long.
    """
    if link.startswith("file-"):
        return sending.files.get(link, owner)
    name = shown_name(link.partition("?")[0]) if link.startswith("http") else None
    return await sending.files.save(_body(link, sending, owner), owner, name)


async def stored_stills(pictures: Sequence[str], sound: str | None, sending: Sending, owner: str) -> Stored:
    """A clip that shows each picture for a second, or all for as long as the sound lasts; decoded in a process apart.

    Raises:
        ApiError: 400 or 413, one of them can't be had or read, or is too long.
    """
    with tempfile.TemporaryDirectory() as name:
        folder, shown, heard = Path(name), list[Path](), None
        for number, link in enumerate(pictures, 1):
            shown.append(folder / f"picture {number}")
            await received(_body(link, sending, owner), shown[-1], sending.files.most_bytes)
        if sound is not None:
            heard = folder / "sound"
            await received(_body(sound, sending, owner), heard, sending.files.most_bytes)
        clip = folder / "clip.mkv"
        try:
            await asyncio.to_thread(run_limited, write_stills, shown, clip, heard, memory_mb=MEMORY_MB, seconds=SECONDS)
        except (PictureError, WorkerKilled) as error:
            raise ApiError(400, str(error).replace(f"{folder}/", ""), "unsupported_media") from error
        called = "sound" if not shown else "picture" if len(shown) == 1 else "pictures"
        return await sending.files.save(_read(clip), owner, called)


def _body(link: str, sending: Sending, owner: str) -> AsyncIterator[bytes]:
    """The bytes behind a link of any kind."""
    files = sending.files
    if link.startswith("file-"):
        media = files.media(files.get(link, owner).id)
        if not media.exists():
            raise ApiError(404, f"the media of {link} were deleted; send them again", "no_media")
        return _read(media)
    if link.startswith(("http://", "https://")):
        return sending.fetch(link)
    if not link.startswith("data:"):
        raise ApiError(
            400,
            "give video_url or image_url a data: URL (base64), a link or a file-ID; video_url analysis:ID as well",
            "url",
        )
    head, comma, content = link.partition(",")
    if not comma or not head.endswith(";base64"):
        raise ApiError(400, "it is a data: URL, but not of base64", "url")
    if len(content) * 3 // 4 > files.most_bytes + 2:
        raise ApiError(413, f"it is longer than {files.most_bytes / 1e6:g} MB; send a smaller one", "too_large")
    return _decoded(content)


async def _decoded(content: str) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_CHARACTERS):
        try:
            yield base64.b64decode(content[start : start + CHUNK_CHARACTERS], validate=True)
        except ValueError as error:  # also of letters beyond ASCII
            raise ApiError(400, "a data: URL is not valid base64", "url") from error


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
