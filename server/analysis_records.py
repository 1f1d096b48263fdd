"""Analyses as rows: who asked for what, and how far it is."""

import time
import uuid
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import Engine, Row, Update, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.database import ANALYSES, CORRECTIONS, EVENTS
from server.engine import Options
from server.errors import ApiError
from server.event_log import append

Status = Literal["queued", "measuring", "reasoning", "done", "failed", "cancelled"]
Priority = Literal["high", "normal", "low"]
WebhookStatus = Literal["pending", "delivered", "failed"]
ENDED: tuple[Status, ...] = ("done", "failed", "cancelled")


class Analysis(BaseModel):
    """One analysis of one file."""

    id: str
    number: int
    owner: str
    file: str
    name: str
    status: Status
    error: str | None = None
    options: Options = Field(default_factory=Options)
    purpose: str | None = None
    consent: str | None = None
    derived_only: bool = False
    priority: Priority = "normal"
    webhook: str | None = None
    webhook_status: WebhookStatus | None = None
    webhook_error: str | None = Field(default=None, description="why nobody could be told")
    created_at: float
    ended_at: float | None = None
    expires_at: float | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED


class Analyses:
    """The table of analyses. What another owner made is not there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, new: str, idempotency_key: str | None, asked_sha256: str, **values: Any) -> tuple[Analysis, bool]:
        """A new analysis of this id and true; the one that was made with the same idempotency key and false.

        The same bytes are one file: where one analysis of it is derived-only, all are.

        Raises:
            ApiError: 409, the key came with another request before.
        """
        row = {
            "id": new, "status": "queued", "created_at": time.time(),
            "idempotency_key": idempotency_key, "asked_sha256": asked_sha256, **values,
        }  # fmt: skip
        while True:
            try:
                with self._engine.begin() as connection:
                    row["number"] = (
                        1 + connection.execute(select(func.coalesce(func.max(ANALYSES.c.number), 0))).scalar_one()
                    )
                    connection.execute(insert(ANALYSES).values(row))
                    of_file = ANALYSES.c.file == row["file"]
                    derived_only = select(ANALYSES.c.id).where(of_file, ANALYSES.c.derived_only)
                    if connection.execute(derived_only).first() is not None:
                        connection.execute(update(ANALYSES).where(of_file).values(derived_only=True))
                return self.get(row["id"], row["owner"]), True
            except IntegrityError:  # the key is known, or another server was quicker with the number
                if idempotency_key and (known := self.made_before(row["owner"], idempotency_key, asked_sha256)):
                    return known, False

    def made_before(self, owner: str, idempotency_key: str, asked_sha256: str) -> Analysis | None:
        """The analysis that was made when this request came before.

        Raises:
            ApiError: 409, the key came with another request.
        """
        wanted = select(ANALYSES).where(ANALYSES.c.owner == owner, ANALYSES.c.idempotency_key == idempotency_key)
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is not None and row.asked_sha256 != asked_sha256:
            raise ApiError(409, "this Idempotency-Key came with another request; use a new one", "idempotency_key")
        return None if row is None else _read(row)

    def get(self, name: str, owner: str | None) -> Analysis:
        """An analysis by its id; `owner` none: whoever made it.

        Raises:
            ApiError: 404, there is none.
        """
        wanted = select(ANALYSES).where(ANALYSES.c.id == name)
        if owner is not None:
            wanted = wanted.where(ANALYSES.c.owner == owner)
        with self._engine.connect() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise ApiError(404, f"there is no analysis {name[:40]!r}", "not_found")
        return _read(row)

    def page(
        self, owner: str, limit: int, after: str | None, search: str | None, status: Status | None
    ) -> tuple[list[Analysis], bool]:
        """The newest analyses, from the one behind `after`, and whether there are more."""
        wanted = select(ANALYSES).where(ANALYSES.c.owner == owner)
        if status is not None:
            wanted = wanted.where(ANALYSES.c.status == status)
        if after is not None:
            wanted = wanted.where(ANALYSES.c.number < self.get(after, owner).number)
        if search:
            wanted = wanted.where(ANALYSES.c.name.icontains(search, autoescape=True))
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(ANALYSES.c.number.desc()).limit(limit + 1)).all()
        return [_read(row) for row in rows[:limit]], len(rows) > limit

    def move(self, name: str, status: Literal["measuring", "reasoning"]) -> bool:
        """Set how far an analysis is, and tell it once, unless it has ended; whether it goes on."""
        with self._engine.begin() as connection:
            other = _under_way(name).where(ANALYSES.c.status != status)
            if connection.execute(other.values(status=status)).rowcount:
                append(connection, name, {"kind": "stage_started", "stage": status})
            return connection.execute(_under_way(name).values(status=status)).rowcount == 1

    def end(self, name: str, status: Status, last: dict[str, Any], error: str | None = None) -> bool:
        """End an analysis with its last event, both or neither, unless it has ended before; whether this ended it."""
        with self._engine.begin() as connection:
            changed = connection.execute(_under_way(name).values(status=status, error=error, ended_at=time.time()))
            if changed.rowcount:
                append(connection, name, last)
        return changed.rowcount == 1

    def webhook_told(self, name: str, status: WebhookStatus, error: str | None = None) -> None:
        """Keep what became of telling a webhook."""
        with self._engine.begin() as connection:
            of_it = update(ANALYSES).where(ANALYSES.c.id == name)
            connection.execute(of_it.values(webhook_status=status, webhook_error=error))

    def status(self, name: str) -> Status | None:
        """How far an analysis is; none: it is deleted."""
        with self._engine.connect() as connection:
            found: Status | None = connection.execute(
                select(ANALYSES.c.status).where(ANALYSES.c.id == name)
            ).scalar_one_or_none()
        return found

    def same(self, owner: str, file: str, options: dict[str, Any]) -> Analysis | None:
        """The newest analysis of a file with these options that has not come to nothing."""
        wanted = select(ANALYSES).where(
            ANALYSES.c.owner == owner, ANALYSES.c.file == file, ANALYSES.c.status.not_in(("failed", "cancelled"))
        )
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(ANALYSES.c.number.desc())).all()
        return next((_read(row) for row in rows if row.options == options), None)

    def known(self) -> set[str]:
        """The ids of all, whoever made them."""
        with self._engine.connect() as connection:
            return set(connection.execute(select(ANALYSES.c.id)).scalars())

    def queued(self) -> list[Analysis]:
        """Those that wait."""
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(select(ANALYSES).where(ANALYSES.c.status == "queued"))]

    def of_file(self, file: str) -> list[Analysis]:
        """The analyses of a file."""
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(select(ANALYSES).where(ANALYSES.c.file == file))]

    def derived_only_files(self) -> list[str]:
        """The ids of the files whose media are not to be kept."""
        wanted = select(ANALYSES.c.file).where(ANALYSES.c.derived_only).distinct()
        with self._engine.connect() as connection:
            return list(connection.execute(wanted).scalars())

    def expired(self, now: float) -> list[Analysis]:
        """Those whose time is over."""
        with self._engine.connect() as connection:
            return [_read(row) for row in connection.execute(select(ANALYSES).where(ANALYSES.c.expires_at <= now))]

    def count(self) -> dict[str, int]:
        """How many there are of each status."""
        counted = select(ANALYSES.c.status, func.count()).group_by(ANALYSES.c.status)
        with self._engine.connect() as connection:
            return {status: n for status, n in connection.execute(counted)}

    def delete(self, name: str) -> None:
        """Delete an analysis with its events and corrections."""
        with self._engine.begin() as connection:
            for table in (EVENTS, CORRECTIONS):
                connection.execute(delete(table).where(table.c.analysis == name))
            connection.execute(delete(ANALYSES).where(ANALYSES.c.id == name))


def new_id() -> str:
    """The id of an analysis that is to be made."""
    return f"an_{uuid.uuid4().hex}"


def _under_way(name: str) -> Update:
    return update(ANALYSES).where(ANALYSES.c.id == name, ANALYSES.c.status.not_in(ENDED))


def _read(row: Row[Any]) -> Analysis:
    return Analysis.model_validate(row._mapping)
