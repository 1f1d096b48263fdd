"""What of DBOS' log is told: not that a server's end cuts work off, nor that PostgreSQL is away, which we tell."""

import logging

CUT = "Asyncio task cancelled"
POSTGRES_AWAY = ("(psycopg.OperationalError)", "Notification listener error")


def quieten() -> None:
    """Leave out of DBOS' log what is no error or is told otherwise."""
    logging.getLogger("dbos").addFilter(is_news)


def is_news(record: logging.LogRecord) -> bool:
    """Whether a log record of DBOS tells what is told nowhere else."""
    error = record.exc_info[1] if record.exc_info else None
    cut_off = (isinstance(error, RuntimeError) and "after shutdown" in str(error)) or CUT in record.getMessage()
    told = f"{record.getMessage()} {error}"
    return not cut_off and not any(words in told for words in POSTGRES_AWAY)
