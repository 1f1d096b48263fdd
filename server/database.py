"""The tables that the server keeps, in SQLite or PostgreSQL; media and reports lie in files beside them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    text,
)
from sqlalchemy.schema import CreateColumn

TABLES_LOCK = 0x6D656E74  # of PostgreSQL, by which servers that start wait for one another
BUSY_S = 30.0  # for which a writer waits for another

TABLES = MetaData()

KEYS = Table(
    "api_keys",
    TABLES,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("sha256", String, nullable=False, unique=True),  # the key itself is shown once and kept nowhere
    Column("scopes", JSON, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("of", String),  # the id of the key that owns what this one makes and sees; none: itself
    Column("created_at", Float, nullable=False),
    Column("revoked_at", Float),
)

SESSIONS = Table(
    "sessions",
    TABLES,
    Column("sha256", String, primary_key=True),  # of the cookie
    Column("key", String, nullable=False),  # the id of the key that it was begun with
    Column("expires_at", Float, nullable=False, index=True),
)

FILES = Table(
    "files",
    TABLES,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("name", String, nullable=False),  # what the client called it; never a path here
    Column("purpose", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    UniqueConstraint("owner", "sha256"),
)

ANALYSES = Table(
    "analyses",
    TABLES,
    Column("id", String, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),  # in the order in which they were made
    Column("owner", String, nullable=False),
    Column("file", String, nullable=False),
    Column("name", String, nullable=False),
    Column("status", String, nullable=False),
    Column("error", Text),
    Column("options", JSON, nullable=False),
    Column("purpose", Text),  # why, and with whose consent, as the client says
    Column("consent", Text),
    Column("derived_only", Boolean, nullable=False, default=False),
    Column("priority", String, nullable=False, server_default="normal"),
    Column("webhook", Text),
    Column("webhook_status", String),  # pending, delivered or failed
    Column("webhook_error", Text),
    Column("idempotency_key", String),
    Column("asked_sha256", String),  # of the request that the key came with
    Column("created_at", Float, nullable=False),
    Column("ended_at", Float),
    Column("expires_at", Float),
    UniqueConstraint("owner", "idempotency_key"),
    Index("analyses_of_owner", "owner", "number"),
)

EVENTS = Table(
    "events",
    TABLES,
    Column("analysis", String, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1 within its analysis
    Column("event", JSON, nullable=False),
)

SERVERS = Table(
    "servers",
    TABLES,
    Column("id", String, primary_key=True),  # of a process that shares the database
    Column("seen_at", Float, nullable=False),  # by the database's clock
)

CORRECTIONS = Table(
    "corrections",
    TABLES,
    Column("id", String, primary_key=True),
    Column("analysis", String, nullable=False, index=True),
    Column("claim", String, nullable=False),
    Column("verdict", String, nullable=False),  # accept, reject or relabel
    Column("label", String),
    Column("note", Text),
    Column("by", String, nullable=False),
    Column("created_at", Float, nullable=False),
)

CODEBOOKS = Table(
    "codebooks",
    TABLES,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("name", String, nullable=False),
    Column("yaml", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("owner", "name"),
)


def open_database(url: str) -> Engine:
    """An engine on an SQLAlchemy URL, with all tables made; those of an earlier version get the columns they lack."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _set(connection: object, record: object) -> None:  # readers don't wait for a writer
            cursor = connection.cursor()  # type: ignore[attr-defined]
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute(f"PRAGMA busy_timeout={int(1000 * BUSY_S)}")
            cursor.close()

    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # two servers that start at once don't both make them
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": TABLES_LOCK})
        TABLES.create_all(connection)
        _add_columns(connection)
    return engine


def _add_columns(connection: Connection) -> None:
    """Add what tables of an earlier version lack: each column is nullable or has a `server_default`, for their rows."""
    there = inspect(connection)
    for table in TABLES.tables.values():
        known = {column["name"] for column in there.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                described = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {described}"))
