"""Instructions hidden in a clip's words, pictures and name: a set to test with that they stay data."""

from functools import cache
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import Field, TypeAdapter

from perception.evidence import Frozen

Place = Literal["speech", "subtitles", "file_name", "on_screen", "caption"]
PLACES: tuple[Place, ...] = get_args(Place)


class Written(Frozen):
    """An injection as the data file has it."""

    technique: str
    wants: str = Field(description="label of the emotion that it tries to force")
    text: str
    times: int = Field(default=1, ge=1, description="the text so often in a row")


class Injection(Frozen):
    """A text that tries to be an instruction, and where in a clip it is put."""

    id: str = Field(description="its place and number, such as speech-3")
    place: Place
    technique: str
    wants: str
    text: str


@cache
def injections() -> tuple[Injection, ...]:
    """The whole set, in the order of its file."""
    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    written = TypeAdapter(dict[Place, tuple[Written, ...]]).validate_python(content)
    return tuple(
        Injection(id=f"{place}-{n}", place=place, technique=w.technique, wants=w.wants, text=w.text * w.times)
        for place, several in written.items()
        for n, w in enumerate(several, 1)
    )
