"""A model's deterministic answers by the content of the question, so that a repeated run asks nothing twice."""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class ResponseCache:
    """Completions with a valid answer, as JSON text in a folder, by the hash of everything that determines them."""

    def __init__(self, folder: Path) -> None:
        """Keep answers in `folder`, which is made when the first one is put."""
        self.folder = folder

    @staticmethod
    def key(question: dict[str, Any]) -> str:
        """The hash of a question: model, endpoint, messages with their media, schema and sampling."""
        return hashlib.sha256(json.dumps(question, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def get(self, key: str) -> str | None:
        """The answer to a question, or none."""
        try:
            return self._path(key).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def put(self, key: str, answer: str) -> None:
        """Keep an answer, whole or not at all."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(answer)
        os.replace(file.name, path)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
