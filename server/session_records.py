"""Sessions of the page as rows: a cookie stands for a key where a browser can't send headers."""

import secrets
import time

from sqlalchemy import Engine, delete, insert, select

from server.api_keys import Key, hashed
from server.database import KEYS, SESSIONS

LASTS_S = 12 * 3600
TOKEN_BYTES = 32


def begun(engine: Engine, key: Key) -> str:
    """Begin a session of a key and return its token, of which only the hash is kept; ended ones are forgotten."""
    token, now = secrets.token_urlsafe(TOKEN_BYTES), time.time()
    with engine.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.expires_at <= now))
        connection.execute(insert(SESSIONS).values(sha256=hashed(token), key=key.id, expires_at=now + LASTS_S))
    return token


def key_of(engine: Engine, token: str) -> Key | None:
    """The key of a session, unless there is none, its time is over or its key was revoked."""
    wanted = (
        select(KEYS)
        .join(SESSIONS, SESSIONS.c.key == KEYS.c.id)
        .where(SESSIONS.c.sha256 == hashed(token), SESSIONS.c.expires_at > time.time(), KEYS.c.revoked_at.is_(None))
    )
    with engine.connect() as connection:
        row = connection.execute(wanted).one_or_none()
    return None if row is None else Key.model_validate(row._mapping)


def ended(engine: Engine, token: str) -> None:
    """End a session."""
    with engine.begin() as connection:
        connection.execute(delete(SESSIONS).where(SESSIONS.c.sha256 == hashed(token)))
