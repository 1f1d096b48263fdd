"""Codebooks that clients have uploaded, each checked before it is kept."""

import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import ColumnElement, Engine, Row, delete, insert, select, update

from agents.codebook import Codebook, CodebookError, codebook_names, load_codebook
from server.database import CODEBOOKS
from server.errors import ApiError

MOST_CHARACTERS = 200_000
DEEPEST = 20
OPENING = (
    yaml.BlockMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.FlowSequenceStartToken,
)
CLOSING = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


class Codebooks:
    """The shipped ones, and an owner's own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def names(self, owner: str) -> list[dict[str, Any]]:
        """All that an owner can use."""
        wanted = select(CODEBOOKS).where(CODEBOOKS.c.owner == owner).order_by(CODEBOOKS.c.created_at)
        with self._engine.connect() as connection:
            own = [{"id": row.id, "name": _title(row), "own": True} for row in connection.execute(wanted)]
        return [{"id": name, "name": load_codebook(name).name, "own": False} for name in codebook_names()] + own

    def get(self, name: str, owner: str) -> Codebook:
        """A codebook by its name or id.

        Raises:
            ApiError: 404, there is none.
        """
        text = self.text_of(name, owner, 404)
        return load_codebook(name) if text is None else read(text)

    def add(self, text: str, owner: str) -> dict[str, Any]:
        """Keep a codebook; one with the same id in it is replaced, but for analyses that were made with it.

        Raises:
            ApiError: 400, it is none.
        """
        book = read(text)
        if book.id in codebook_names():
            raise ApiError(400, f"{book.id} is the id of a shipped codebook; choose another", "codebook")
        same = (CODEBOOKS.c.owner == owner) & (CODEBOOKS.c.name == book.id)
        now = {"yaml": text, "created_at": time.time()}
        with self._engine.begin() as connection:
            name = connection.execute(select(CODEBOOKS.c.id).where(same)).scalar_one_or_none()
            if name is not None:
                connection.execute(update(CODEBOOKS).where(same).values(now))
            else:
                name = f"cb_{uuid.uuid4().hex}"
                connection.execute(insert(CODEBOOKS).values(id=name, owner=owner, name=book.id, **now))
        return {"id": name, "name": book.name, "own": True}

    def delete(self, name: str, owner: str) -> None:
        """Delete a codebook of an owner.

        Raises:
            ApiError: 404, there is none.
        """
        with self._engine.begin() as connection:
            gone = connection.execute(delete(CODEBOOKS).where(_named(name, owner)))
        if not gone.rowcount:
            raise ApiError(404, f"there is no codebook {name[:40]!r} of yours", "not_found")

    def text_of(self, name: str | None, owner: str, status: int = 400) -> str | None:
        """The YAML of an uploaded one; none where a shipped one is named, or none is: the usual one.

        Raises:
            ApiError: of the status given, no such codebook.
        """
        if name is None or name in codebook_names():
            return None
        wanted = select(CODEBOOKS).where(_named(name, owner))
        with self._engine.connect() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            there_are = ", ".join(known["id"] for known in self.names(owner))
            raise ApiError(status, f"no codebook is called {name[:40]!r}; there are: {there_are}", "codebook")
        return str(row.yaml)


def _named(name: str, owner: str) -> ColumnElement[bool]:
    """That a row is the codebook of an owner with this id, which we gave it or which it has in it."""
    return (CODEBOOKS.c.owner == owner) & ((CODEBOOKS.c.name == name) | (CODEBOOKS.c.id == name))


def _title(row: Row[Any]) -> str:
    """The name in a codebook; its id where an earlier version took what is refused now."""
    try:
        return read(row.yaml).name
    except ApiError:
        return str(row.name)


def read(text: str) -> Codebook:
    """A codebook from its text.

    Raises:
        ApiError: 400, it is none.
    """
    if len(text) > MOST_CHARACTERS:
        raise ApiError(413, f"a codebook has {MOST_CHARACTERS} characters at most", "codebook")
    _check_plain(text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "codebook.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            return load_codebook(str(path))
        except (CodebookError, UnicodeError) as error:
            raise ApiError(400, " ".join(str(error).split()), "codebook") from error


def _check_plain(text: str) -> None:
    """Refuse what grows when it is read: a few references (`*name`) to references stand for gigabytes."""
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            depth += isinstance(token, OPENING) - isinstance(token, CLOSING)
            if isinstance(token, yaml.AliasToken) or depth > DEEPEST:
                raise ApiError(400, f"a codebook has no references (*name), and is {DEEPEST} deep at most", "codebook")
    except (yaml.YAMLError, ValueError) as error:
        raise ApiError(400, f"a codebook is YAML: {' '.join(str(error).split())}", "codebook") from error
