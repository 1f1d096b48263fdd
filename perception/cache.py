"""Results of tools on disk, by the content of all that determines them. Nothing is pickled."""

import dataclasses
import hashlib
import importlib
import json
import os
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from perception.clip import Clip
from perception.evidence import Findings
from perception.tool import Output, Tool

LARGEST_BYTES = 2 * 1024**3  # of the folder; the oldest results go first
OURS = "perception."  # values of other packages' tools are not restored from a file


class Cache:
    """A folder of findings (JSON) and the arrays of tracks (npz)."""

    def __init__(self, folder: Path) -> None:
        """Keep results in `folder`, which is made when the first one is put."""
        self.folder = folder

    def get(self, key: str) -> Output | None:
        """The result under a key; none when there is none or it can't be read whole."""
        try:
            content = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            findings = Findings.model_validate(content["findings"]).seal(content["tool"])
            value = None if content["value"] is None else self._value(key, content["value"])
            return Output(value, findings)
        except (OSError, ValueError, KeyError, TypeError, ValidationError, zipfile.BadZipFile):
            return None  # absent or damaged: the tool runs and writes it anew

    def put(self, key: str, tool: str, result: Output) -> None:
        """Keep a result; one whose value is not a list of our dataclasses is not kept."""
        rows = [] if result.value is None else result.value
        ours = (dataclasses.is_dataclass(r) and type(r).__module__.startswith(OURS) for r in rows)
        if not isinstance(rows, list) or not all(ours):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        described, arrays = [], {}
        for n, row in enumerate(rows):
            plain = {}
            for field in dataclasses.fields(row):
                content = getattr(row, field.name)
                if isinstance(content, np.ndarray):
                    arrays[f"{n}.{field.name}"] = content
                else:
                    plain[field.name] = content
            described.append({"type": f"{type(row).__module__}:{type(row).__name__}", "fields": plain})
        if arrays:
            with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
            os.replace(file.name, self.folder / f"{key}.npz")
        document = {
            "tool": tool,
            "findings": result.findings.model_dump(mode="json"),
            "value": None if result.value is None else described,
        }
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as text:
            json.dump(document, text)
        os.replace(text.name, self.folder / f"{key}.json")
        self._evict()

    def _value(self, key: str, described: list[dict[str, Any]]) -> list[Any]:
        arrays: dict[str, Any] = {}
        if (self.folder / f"{key}.npz").exists():
            with np.load(self.folder / f"{key}.npz", allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        rows = []
        for n, row in enumerate(described):
            module, _, name = row["type"].partition(":")
            if not module.startswith(OURS):
                raise ValueError(f"{module} is not ours")
            kind = getattr(importlib.import_module(module), name)
            own = {a.partition(".")[2]: v for a, v in arrays.items() if a.partition(".")[0] == str(n)}
            rows.append(kind(**row["fields"], **own))
        return rows

    def _evict(self) -> None:
        files = []
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):  # another tool's thread, or another analysis, has just moved it
                files.append((path.stat().st_mtime, path.stat().st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= LARGEST_BYTES:
                return
            total -= size
            path.unlink(missing_ok=True)


def key_of(tool: Tool, clip: Clip, keys: dict[str, str]) -> str:
    """The key of a tool's result: clip, views, words if it reads them, tool, version, options, all that matters."""
    clip = clip if tool.reads_words else clip.without_words()
    what = {
        "clip": clip.sha256,
        "words": [u.model_dump() for u in clip.transcript],
        "views": [[view.sha256, view.offset_s] for view in clip.views],
        "tool": [tool.name, tool.version, tool.options],
        "depends on": tool.run.depends_on(clip) if hasattr(tool.run, "depends_on") else None,
        "needs": [keys[need] for need in (*tool.needs, *tool.uses) if need in keys],
    }
    if clip.transcript_language is not None:
        what["language"] = clip.transcript_language
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()
