"""The secret of this installation, from which the fences around a clip's words are made."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

BYTES = 32


def secret(data: Path) -> bytes:
    """The secret kept in the data folder, made when there is none; only its owner can read it.

    Raises:
        OSError: the folder can't be written.
    """
    path = data / "secret"
    data.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # of two processes that begin, the first makes it
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(BYTES))
    return path.read_bytes()
