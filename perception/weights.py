"""Optional weights: which are known, which are here, and how they are fetched and verified."""

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import yaml

from perception.errors import MentalisError
from perception.evidence import Frozen

CATALOGUE = Path(__file__).parent / "data" / "weights.yaml"
CHUNK_BYTES = 1 << 16
TIMEOUT_S = 30.0


class WeightError(MentalisError):
    """Weights that are unknown, can't be fetched, or are not what they should be."""


class Weight(Frozen):
    """One file of weights."""

    name: str
    file: str
    sha256: str
    bytes: int
    url: str
    licence: str
    source: str
    trained_on: str
    metric: str  # the figure together with its protocol
    limits: str
    used_by: tuple[str, ...]


class WeightStatus(NamedTuple):
    """Where known weights are, if anywhere."""

    weight: Weight
    path: Path | None
    state: Literal["here", "wrong", "missing"]


@cache
def catalogue() -> tuple[Weight, ...]:
    """All known weights."""
    return tuple(Weight.model_validate(w) for w in yaml.safe_load(CATALOGUE.read_text(encoding="utf-8")))


def folders() -> tuple[Path, ...]:
    """Where weights are looked for: `MENTALIS_MODELS`, then the data folder."""
    own = os.environ.get("MENTALIS_MODELS")
    return (*([Path(own)] if own else []), cache_folder())


def cache_folder() -> Path:
    """Where downloads go."""
    from platformdirs import user_data_path

    data = os.environ.get("MENTALIS_DATA")
    return (Path(data) if data else user_data_path("mentalis", appauthor=False)) / "weights"


def find_weight(name: str) -> Path | None:
    """The file of weights if it is here and its hash is right."""
    weight = known(name)
    return next((path for path in _candidates(weight) if _hash(path, path.stat().st_mtime_ns) == weight.sha256), None)


def list_weights() -> list[WeightStatus]:
    """Every known file, and where it is."""
    found = [(w, find_weight(w.name)) for w in catalogue()]
    return [WeightStatus(w, path, "here" if path else "missing") for w, path in found]


def verify() -> Iterator[WeightStatus]:
    """Every known file with whether what lies under its name is right."""
    for weight in catalogue():
        right = find_weight(weight.name)
        wrong = next((f / weight.file for f in folders() if (f / weight.file).exists()), None)
        yield WeightStatus(weight, right or wrong, "here" if right else "wrong" if wrong else "missing")


def download(name: str, on_progress: Callable[[int, int], None] = lambda done, total: None, url: str = "") -> Path:
    """Fetch weights into the data folder, going on where an earlier download stopped.

    Raises:
        WeightError: unknown name, no connection, or content of another hash (which is deleted).
    """
    import httpx

    weight = known(name)
    here = find_weight(name)
    if here is not None:
        return here
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{weight.file}.part"
    done = part.stat().st_size if part.exists() else 0
    if done >= weight.bytes:  # not cut off but wrong
        part.unlink()
        done = 0
    headers = {"Range": f"bytes={done}-"} if done else {}
    try:
        with httpx.stream(
            "GET", url or weight.url, headers=headers, timeout=TIMEOUT_S, follow_redirects=True
        ) as response:
            response.raise_for_status()
            resumed = response.status_code == httpx.codes.PARTIAL_CONTENT
            done = done if resumed else 0
            with part.open("ab" if resumed else "wb") as file:
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    file.write(chunk)
                    done += len(chunk)
                    on_progress(done, weight.bytes)
                    if done > weight.bytes:
                        break
    except httpx.HTTPError as error:
        raise WeightError(
            f"{name} can't be downloaded ({type(error).__name__}); everything works without it"
        ) from error
    if hashlib.sha256(part.read_bytes()).hexdigest() != weight.sha256:
        part.unlink()
        raise WeightError(f"{name}: the download has another sha256 than {weight.sha256[:12]}...; it was deleted")
    path = folder / weight.file
    os.replace(part, path)
    return path


def known(name: str) -> Weight:
    """The weights of a name.

    Raises:
        WeightError: there are none.
    """
    for weight in catalogue():
        if weight.name == name:
            return weight
    raise WeightError(f"no weights are called {name!r}; there are: {', '.join(w.name for w in catalogue())}")


def _candidates(weight: Weight) -> Iterator[Path]:
    for folder in folders():
        if folder.is_dir():
            yield from (p for p in sorted(folder.iterdir()) if p.is_file() and p.stat().st_size == weight.bytes)


@cache
def _hash(path: Path, modified_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
