"""Large values of a run kept outside of the graph's state, which holds only their content hashes."""

import hashlib
import os
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)
KEPT_IN_MEMORY = 8  # values of the last few runs, so that each step of a graph need not read them again


class ContentStore:
    """JSON documents by the sha256 of their content, in a folder."""

    def __init__(self, folder: Path) -> None:
        """Keep documents in `folder`, which is made when the first one is put."""
        self.folder = folder
        self._recent: OrderedDict[str, BaseModel] = OrderedDict()

    def put(self, value: BaseModel) -> str:
        """Write a value whole or not at all, and return its key."""
        content = value.model_dump_json().encode()
        key = hashlib.sha256(content).hexdigest()
        path = self.folder / f"{key}.json"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                file.write(content)
            os.replace(file.name, path)
        self._remember(key, value)
        return key

    def get(self, key: str, kind: type[T]) -> T:
        """Read a value back.

        Raises:
            KeyError: nothing is stored under the key.
        """
        value = self._recent.get(key)
        if isinstance(value, kind):
            return value
        try:
            content = (self.folder / f"{key}.json").read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None
        read = kind.model_validate_json(content)
        self._remember(key, read)
        return read

    def has(self, key: str) -> bool:
        """Whether a value is stored under the key."""
        return (self.folder / f"{key}.json").exists()

    def _remember(self, key: str, value: BaseModel) -> None:
        self._recent[key] = value
        self._recent.move_to_end(key)
        while len(self._recent) > KEPT_IN_MEMORY:
            self._recent.popitem(last=False)
