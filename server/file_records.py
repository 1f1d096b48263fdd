"""Uploaded files: a row each, and a folder each, which holds the media and the tools' results on it."""

import asyncio
import os
import re
import shutil
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.database import FILES
from server.errors import ApiError
from server.strays import sweep_strays
from server.uploads import check_video, received

UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"), (1, "bytes"))
NAMELESS, PURPOSE = "clip", "user_data"  # of files of which their client says neither
ID = re.compile(r"file-[0-9a-f]{32}")


class Stored(BaseModel):
    """A file that a client sent."""

    id: str
    owner: str
    name: str
    purpose: str
    bytes: int
    sha256: str
    created_at: float
    expires_at: float | None = None


class Files:
    """The table of files and their folders. What another owner sent is not there."""

    def __init__(
        self, engine: Engine, folder: Path, most_bytes: int, owner_bytes: int, usual_s: float | None = None
    ) -> None:
        """Keep files in `folder`, each in a folder of its own.

        Args:
            engine: of the database.
            folder: where the folders of all files lie.
            most_bytes: of one file.
            owner_bytes: of all files of one owner.
            usual_s: seconds that a file stays whose client does not say; none: until it is deleted.
        """
        self._engine, self._folder, self.most_bytes, self._owner_bytes = engine, folder, most_bytes, owner_bytes
        self._usual_s = usual_s

    def folder(self, file: str) -> Path:
        """Of a file, by its id alone.

        Raises:
            ApiError: 404, that is no id.
        """
        if not ID.fullmatch(file):
            raise ApiError(404, f"there is no file {file[:40]!r}", "not_found")
        return self._folder / file

    def media(self, file: str) -> Path:
        """Where a file's bytes lie."""
        return self.folder(file) / "media"

    async def save(
        self,
        body: AsyncIterator[bytes],
        owner: str,
        name: str | None,
        purpose: str | None = None,
        stays_s: float | None = None,
    ) -> Stored:
        """Keep a video as it comes; the same bytes of the same owner are kept once, as was last said of them.

        Args:
            body: the bytes.
            owner: whose they are.
            name: what they are called; none: as before, if they came before.
            purpose: one of OpenAI's; none: as before.
            stays_s: seconds from now; none: the usual ones, and no shorter than was said before.

        Raises:
            ApiError: 413, too long, or more than its owner may keep; 400, empty or no video.
        """
        file = f"file-{uuid.uuid4().hex}"
        folder = self.folder(file)
        folder.mkdir(parents=True)
        try:
            size, sha256 = await received(body, folder / "media", self.most_bytes)
            await asyncio.to_thread(check_video, folder / "media")
            known = self._same(owner, sha256)
            if known is None:
                self._check_room(owner, size)
                row = {
                    "id": file, "owner": owner, "name": name or NAMELESS, "purpose": purpose or PURPOSE, "bytes": size,
                    "sha256": sha256, "created_at": time.time(), "expires_at": later(stays_s or self._usual_s),
                }  # fmt: skip
                try:
                    with self._engine.begin() as connection:
                        connection.execute(insert(FILES).values(row))
                    return Stored.model_validate(row)
                except IntegrityError:  # the same bytes came twice at once
                    known = self._same(owner, sha256)
                    if known is None:
                        raise
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        again = self.media(known.id)
        again.parent.mkdir(parents=True, exist_ok=True)
        os.replace(folder / "media", again)
        shutil.rmtree(folder, ignore_errors=True)
        return self._renewed(known, name, purpose, stays_s)

    def get(self, file: str, owner: str | None) -> Stored:
        """A file by its id.

        Raises:
            ApiError: 404, there is none.
        """
        wanted = select(FILES).where(FILES.c.id == file)
        if owner is not None:
            wanted = wanted.where(FILES.c.owner == owner)
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise ApiError(404, f"there is no file {file[:45]!r}", "not_found")
        return _read(row)

    def all(self, owner: str, limit: int, after: str | None = None) -> tuple[list[Stored], bool]:
        """The newest files, from the one behind `after`, and whether there are more."""
        wanted = select(FILES).where(FILES.c.owner == owner).order_by(FILES.c.created_at.desc(), FILES.c.id.desc())
        if after is not None:
            last = self.get(after, owner)
            older = (FILES.c.created_at < last.created_at) | (
                (FILES.c.created_at == last.created_at) & (FILES.c.id < last.id)
            )
            wanted = wanted.where(older)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.limit(limit + 1)).all()
        return [_read(row) for row in rows[:limit]], len(rows) > limit

    def expired(self, now: float) -> list[Stored]:
        """Those whose time is over."""
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(select(FILES).where(FILES.c.expires_at <= now))]

    def sweep_strays(self, now: float) -> None:
        """Delete what was left of uploads that broke off with the server."""
        sweep_strays(self._folder, self._known, now)

    def delete(self, file: str) -> None:
        """Delete a file, its bytes and what was measured on it."""
        with self._engine.begin() as connection:
            connection.execute(delete(FILES).where(FILES.c.id == file))
        shutil.rmtree(self.folder(file), ignore_errors=True)

    def _check_room(self, owner: str, size: int) -> None:
        counted = select(func.coalesce(func.sum(FILES.c.bytes), 0)).where(FILES.c.owner == owner)
        with self._engine.connect() as connection:
            kept = int(connection.execute(counted).scalar_one())
        if kept + size > self._owner_bytes:
            raise ApiError(
                413, f"you would keep more than {_size(self._owner_bytes)}; delete files that are not needed", "quota"
            )

    def _same(self, owner: str, sha256: str) -> Stored | None:
        wanted = select(FILES).where(FILES.c.owner == owner, FILES.c.sha256 == sha256)
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _read(row)

    def _known(self) -> set[str]:
        with self._engine.connect() as connection:
            return set(connection.execute(select(FILES.c.id)).scalars())

    def _renewed(self, known: Stored, name: str | None, purpose: str | None, stays_s: float | None) -> Stored:
        """A file that came again is called as it is called now, and stays as long as is said now.

        Where that is not said it stays for the usual time, and no shorter than was said before.
        """
        usual = later(self._usual_s)
        longest = None if known.expires_at is None or usual is None else max(known.expires_at, usual)
        expires_at = later(stays_s) if stays_s is not None else longest
        now = {"name": name or known.name, "purpose": purpose or known.purpose, "expires_at": expires_at}
        with self._engine.begin() as connection:
            connection.execute(update(FILES).where(FILES.c.id == known.id).values(now))
        return known.model_copy(update=now)


def later(seconds: float | None) -> float | None:
    """When something expires that stays for so long."""
    return None if seconds is None else time.time() + seconds


def _size(count: int) -> str:
    """A number of bytes in words, such as 600 kB."""
    unit, name = next((unit for unit in UNITS if count >= unit[0]), UNITS[-1])
    return f"{count / unit:.3g} {name}"


def _read(row: Row[Any]) -> Stored:
    return Stored.model_validate(row._mapping)
