"""Large values of a run kept outside of the graph's state, which holds only their content hashes."""

import asyncio
import hashlib
import os
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel

T = TypeVar("T", bound=BaseModel)
KEPT_IN_MEMORY = 8  # values of the last few runs, so that each step of a graph need not read them again


class Store(Protocol):
    """Where a run's values are put, and found again by the key that came back."""

    def put(self, value: BaseModel) -> str:
        """Keep a value and return its key."""
        ...

    def get(self, key: str, kind: type[T]) -> T:
        """The value of a key.

        Raises:
            KeyError: there is none.
        """
        ...

    def has(self, key: str) -> bool:
        """Whether there is a value."""
        ...


async def keep(store: Store, value: BaseModel) -> str:
    """Put a value in a store without keeping the event loop waiting, and return its key."""
    if isinstance(store, PassingStore):
        return store.put(value)
    return await asyncio.to_thread(store.put, value)


class PassingStore:
    """The values of one run that nobody resumes, in memory."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        self._values: list[BaseModel] = []

    def put(self, value: BaseModel) -> str:
        """Keep a value and return its key."""
        self._values.append(value)
        return str(len(self._values) - 1)

    def get(self, key: str, kind: type[T]) -> T:
        """The value of a key.

        Raises:
            KeyError: there is none of this kind.
        """
        if not self.has(key) or not isinstance(value := self._values[int(key)], kind):
            raise KeyError(key)
        return value

    def has(self, key: str) -> bool:
        """Whether there is a value."""
        return key.isdecimal() and int(key) < len(self._values)


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
