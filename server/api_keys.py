"""Keys of those who may use the server: shown once when they are made, kept as hashes."""

import hashlib
import ipaddress
import secrets
import time
import uuid
from collections.abc import Collection, Sequence
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from perception.errors import MentalisError
from server.database import KEYS, SESSIONS

Scope = Literal["read", "write", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)  # each allows what those before it do
PREFIX = "mk_"  # by which scanners of repositories find a key that was left there
SECRET_BYTES = 32


class Key(BaseModel):
    """What is known of a key; the key itself is not."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str
    of: str | None = None  # the id of another key, whose things this one sees and makes
    scopes: tuple[Scope, ...]
    per_minute: int  # requests
    created_at: float
    revoked_at: float | None = None

    @property
    def owner(self) -> str:
        """Of what is made with the key."""
        return self.of or self.id


def allows(scopes: Collection[Scope], needed: Scope) -> bool:
    """Whether one of the scopes is the needed one or a wider: admin allows write, write allows read."""
    return any(SCOPES.index(scope) >= SCOPES.index(needed) for scope in scopes)


def made(engine: Engine, name: str, scopes: Sequence[Scope], per_minute: int, of: str | None = None) -> tuple[str, Key]:
    """Make a key; its text is returned here and never again.

    Args:
        engine: of the database.
        name: what to call it.
        scopes: what it allows.
        per_minute: requests.
        of: the name of a key whose files and analyses it sees, and owns with it; none: its own alone.

    Raises:
        MentalisError: no name, an unknown scope, no request a minute, a name that is taken, or no key `of` that name.
    """
    _check(name, scopes, per_minute)
    text = _new_text()
    key = Key(
        id=f"key_{uuid.uuid4().hex}",
        name=name,
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        per_minute=per_minute,
        of=_named(engine, of).owner if of is not None else None,
        created_at=time.time(),
    )
    try:
        with engine.begin() as connection:
            connection.execute(insert(KEYS).values({**key.model_dump(), "sha256": hashed(text)}))
    except IntegrityError:
        raise MentalisError(
            f"there is a key {name!r}, perhaps a revoked one; renew it or choose another name"
        ) from None
    return text, key


def found(engine: Engine, text: str) -> Key | None:
    """The key with this text, unless there is none or it was revoked.

    It is looked up by its hash: how long that takes tells nothing of the 256 random bits.
    """
    wanted = select(KEYS).where(KEYS.c.sha256 == hashed(text), KEYS.c.revoked_at.is_(None))
    with engine.connect() as connection:
        row = connection.execute(wanted).one_or_none()
    return None if row is None else _read(row)


def listed(engine: Engine) -> list[Key]:
    """All keys, the revoked ones as well, in the order in which they were made."""
    with engine.connect() as connection:
        return [_read(row) for row in connection.execute(select(KEYS).order_by(KEYS.c.created_at, KEYS.c.id))]


def revoked(engine: Engine, name: str) -> Key:
    """Revoke a key: it is refused from now on and its sessions end; what it owns stays.

    Raises:
        MentalisError: there is no such key.
    """
    known = _named(engine, name)
    return known if known.revoked_at is not None else _changed(engine, name, revoked_at=time.time())


def renewed(engine: Engine, name: str) -> tuple[str, Key]:
    """Give a key a new text, also a revoked one: the old text is refused from now on, what it owns stays its own.

    Raises:
        MentalisError: there is no such key.
    """
    text = _new_text()
    return text, _changed(engine, name, sha256=hashed(text), revoked_at=None)


def any_made(engine: Engine) -> bool:
    """Whether a key was ever made: from then on one is needed, on loopback as well; revoking opens nothing."""
    with engine.connect() as connection:
        return connection.execute(select(KEYS.c.id).limit(1)).first() is not None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address to listen on; of names, only `localhost` is known to be so."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def check_address(host: str, engine: Engine, allowed_hosts: Collection[str] = ()) -> None:
    """Refuse to listen where others can connect, directly or by names that a proxy serves, while no key is needed.

    Raises:
        MentalisError: no key was made.
    """
    if (is_loopback(host) and not allowed_hosts) or any_made(engine):
        return
    others = f"on {host}" if not is_loopback(host) else f"as {', '.join(allowed_hosts)}"
    raise MentalisError(
        f"anyone could use a server {others}: make an API key first (mentalis keys add NAME, "
        "with the same --data-dir or --database-url), "
        "or listen on 127.0.0.1 under its own name only"
    )


def hashed(text: str) -> str:
    """What is kept of a secret; it is random, so that no slow hash is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def _new_text() -> str:
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def _check(name: str, scopes: Sequence[Scope], per_minute: int) -> None:
    if not name.strip():
        raise MentalisError("a key needs a name; say whose it is")
    if unknown := set(scopes) - set(SCOPES):
        raise MentalisError(f"there is no scope {min(unknown)!r}; there are: {', '.join(SCOPES)}")
    if not scopes:
        raise MentalisError(f"a key needs a scope: {', '.join(SCOPES)}")
    if per_minute < 1:
        raise MentalisError(f"{per_minute} requests a minute: a key needs 1 at least; revoke it to stop it")


def _changed(engine: Engine, name: str, **values: Any) -> Key:
    """Change a key, and end the sessions that were begun with it as it was."""
    with engine.begin() as connection:
        connection.execute(update(KEYS).where(KEYS.c.name == name).values(values))
        connection.execute(delete(SESSIONS).where(SESSIONS.c.key.in_(select(KEYS.c.id).where(KEYS.c.name == name))))
    return _named(engine, name)


def _named(engine: Engine, name: str) -> Key:
    with engine.connect() as connection:
        row = connection.execute(select(KEYS).where(KEYS.c.name == name)).one_or_none()
    if row is None:
        raise MentalisError(f"there is no key {name!r}; list them to see their names")
    return _read(row)


def _read(row: Row[Any]) -> Key:
    return Key.model_validate(row._mapping)
