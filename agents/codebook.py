"""Codebooks: the closed sets of labels that claims may use, as data."""

import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError

from agents.by_rule.knowledge_base import knowledge
from agents.claims import LEVELS, Level
from perception.errors import MentalisError
from perception.evidence import Frozen

FOLDER = Path(__file__).parent / "codebooks"


class CodebookError(MentalisError):
    """A codebook that does not exist or can't be used."""


class Label(Frozen):
    """One label: what it means, what speaks for it, what does not."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: str
    definition: str
    indicators: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    concepts: tuple[str, ...] = Field(default=(), description="concepts of the knowledge base that mean this label")
    valence: Annotated[float, Field(ge=-1, le=1)] | None = None
    arousal: Annotated[float, Field(ge=-1, le=1)] | None = None


class Codebook(Frozen):
    """Labels of each level; `neutral` names the label of a level that holds when nothing speaks against it."""

    id: str
    name: str
    source: str
    behaviour: tuple[Label, ...]
    cognition: tuple[Label, ...]
    emotion: tuple[Label, ...]
    neutral: dict[Level, str] = Field(default_factory=dict)
    sha256: str = ""

    def labels(self, level: Level) -> tuple[Label, ...]:
        """The labels of a level."""
        return {"behaviour": self.behaviour, "cognition": self.cognition, "emotion": self.emotion}[level]

    def ids(self, level: Level) -> tuple[str, ...]:
        """The ids of a level's labels."""
        return tuple(label.id for label in self.labels(level))

    def label(self, level: Level, label_id: str) -> Label | None:
        """A label by its id, or none."""
        return next((label for label in self.labels(level) if label.id == label_id), None)

    def definitions(self, level: Level) -> str:
        """The level's labels as lines for a prompt."""
        lines = []
        for label in self.labels(level):
            line = f"- `{label.id}` ({label.name}): {label.definition}"
            line += f" Signs: {'; '.join(label.indicators)}." if label.indicators else ""
            line += f" Not: {'; '.join(label.exclusions)}." if label.exclusions else ""
            lines.append(line)
        return "\n".join(lines)


@cache
def codebook_names() -> tuple[str, ...]:
    """Names of the codebooks that come with Mentalis."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml") if path.stem != "default"))


def load_codebook(name_or_file: str) -> Codebook:
    """A shipped codebook by name, or a user's own YAML file; levels it leaves out are those of `default.yaml`.

    Raises:
        CodebookError: no such codebook, or a file that does not keep the format.
    """
    path = FOLDER / f"{name_or_file}.yaml" if name_or_file in codebook_names() else Path(name_or_file)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError as error:
        names = ", ".join(codebook_names())
        raise CodebookError(f"no codebook {name_or_file!r}: give a YAML file or one of {names}") from error


@lru_cache(maxsize=64)
def _read(path: Path, _modified_ns: int) -> Codebook:
    text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text)
        if not isinstance(content, dict) or not isinstance(content.get("neutral", {}), dict):
            raise CodebookError(f"codebook {path.name}: it, and its `neutral`, are mappings (`key: value`) in YAML")
        missing = [level for level in LEVELS if level not in content]
        default = yaml.safe_load((FOLDER / "default.yaml").read_text(encoding="utf-8")) if missing else {}
        for level in missing:
            content[level] = default[level]
            if level in default.get("neutral", {}):
                content.setdefault("neutral", {}).setdefault(level, default["neutral"][level])
        effective = json.dumps(content, sort_keys=True, ensure_ascii=False)
        book = Codebook.model_validate({**content, "sha256": hashlib.sha256(effective.encode()).hexdigest()})
    except (yaml.YAMLError, ValidationError, TypeError, AttributeError) as error:
        raise CodebookError(f"codebook {path.name}: {_where(error)}") from error
    _check(book, path)
    return book


def _where(error: Exception) -> str:
    """The first thing that is wrong, and its place: `emotion.0.definition: Field required`."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _check(book: Codebook, path: Path) -> None:
    """Labels have ids of their own, a neutral one is there, and what they mean to the rules is known there.

    Raises:
        CodebookError: saying which is not so.
    """
    for level in LEVELS:
        ids = book.ids(level)
        if not ids:
            raise CodebookError(f"codebook {path.name}: {level} needs labels; leave it out for the usual ones")
        if twice := next((i for i in ids if ids.count(i) > 1), None):
            raise CodebookError(f"codebook {path.name}: {level}: two labels have the id {twice}")
        if book.neutral.get(level, ids[0]) not in ids:
            raise CodebookError(f"codebook {path.name}: neutral {book.neutral[level]!r} is no label of {level}")
        for label in book.labels(level):
            if unknown := sorted(set(label.concepts) - set(knowledge().concepts)):
                known = ", ".join(sorted(knowledge().concepts))
                missing = f"there is no concept {', '.join(unknown)}; there are: {known}"
                raise CodebookError(f"codebook {path.name}: {level} {label.id}: {missing}")
