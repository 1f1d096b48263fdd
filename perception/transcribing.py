"""Words by faster-whisper (Whisper: Radford et al. 2022, on CTranslate2), from a model folder that is here already.

Nothing is downloaded: a model is used when its folder lies among the weights, or is named.
"""

import importlib
import importlib.util
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from perception.errors import ToolError
from perception.transcripts import Utterance
from perception.weights import folders

Samples = npt.NDArray[np.float32]

FILES = ("model.bin", "config.json", "tokenizer.json")  # of a model that CTranslate2's converter wrote
NAMES = "faster-whisper*"  # folders among the weights
PAUSE_S = 0.7  # between two words ends an utterance
LONGEST_S = 12.0  # of an utterance: ends at the next word
NO_SPEECH = 0.6  # probability above which what was written is not believed (Whisper's own threshold)
HOW = "python -m pip install faster-whisper"
WHERE = (
    "a folder such as faster-whisper-small, from https://huggingface.co/Systran/faster-whisper-small, in the folder of "
    "MENTALIS_MODELS"
)


class Word(NamedTuple):
    """A word and when it is said."""

    start_s: float
    end_s: float
    text: str
    probability: float


class Heard(NamedTuple):
    """What was said, by utterances, each with its words."""

    utterances: tuple[Utterance, ...]
    words: tuple[tuple[Word, ...], ...]  # of each utterance
    language: str
    model: str


def model_folder(named: str = "") -> Path | None:
    """The folder of the model that is named, or else the first among the weights; none where there is none whole."""
    if named:
        candidates = [Path(named).expanduser()]
    else:
        candidates = [path for folder in folders() if folder.is_dir() for path in sorted(folder.glob(NAMES))]
    return next((path for path in candidates if all((path / file).is_file() for file in FILES)), None)


def why_not(named: str = "") -> str | None:
    """In a line, what is missing for faster-whisper to be used; none when nothing is."""
    missing = model_folder(named) is None
    if importlib.util.find_spec("faster_whisper") is None:
        model = f", and its model is not here: put {WHERE}" if missing else ""
        return f"faster-whisper is not installed ({HOW}){model}"
    if missing:
        where = f"{named} is no whole model ({', '.join(FILES)})" if named else "faster-whisper's model is not here"
        return f"{where}: put {WHERE}"
    return None


def fingerprint(named: str = "") -> list[object] | None:
    """What tells a model from another that takes its place."""
    folder = model_folder(named)
    if folder is None:
        return None
    stat = (folder / FILES[0]).stat()
    return [folder.name, stat.st_size, stat.st_mtime_ns]


def transcribe(samples: Samples, duration_s: float, named: str = "") -> Heard:
    """Write down what is said, with the time of each word.

    Args:
        samples: mono at 16 kHz in [-1, 1].
        duration_s: of the clip; nothing is said later.
        named: folder of the model.

    Raises:
        ToolError: faster-whisper or its model is not here, or it can't be loaded.
    """
    missing, folder = why_not(named), model_folder(named)
    if missing is not None or folder is None:
        raise ToolError(f"speech.transcriber=faster_whisper: {missing}")
    # at temperature 0 alone, and each part without the ones before: the same words every time, and no loops
    segments, info = _model(str(folder)).transcribe(
        np.ascontiguousarray(samples),
        beam_size=5,
        temperature=0.0,
        word_timestamps=True,
        condition_on_previous_text=False,
    )
    groups = [group for segment in segments for group in utterances_of(_words(segment, duration_s))]
    said = tuple(
        Utterance(start_s=g[0].start_s, end_s=g[-1].end_s, text="".join(word.text for word in g).strip())
        for g in groups
    )
    return Heard(said, tuple(groups), str(info.language), folder.name)


def utterances_of(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words in groups: a pause, or too long a stretch, begins another."""
    groups: list[list[Word]] = []
    for word in words:
        goes_on = (
            groups and word.start_s - groups[-1][-1].end_s < PAUSE_S and word.end_s - groups[-1][0].start_s < LONGEST_S
        )
        if goes_on:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [tuple(group) for group in groups if "".join(word.text for word in group).strip()]


def sureness(words: Iterable[Word]) -> float:
    """Mean probability of words, in [0, 1]."""
    return float(np.clip(np.mean([word.probability for word in words]), 0, 1))


def _words(segment: Any, duration_s: float) -> list[Word]:
    if segment.no_speech_prob > NO_SPEECH:
        return []
    words = [Word(float(w.start), float(w.end), str(w.word), float(w.probability)) for w in segment.words or ()]
    inside = [w for w in words if 0 <= w.start_s < duration_s and w.end_s >= w.start_s]
    return [w._replace(end_s=min(w.end_s, duration_s)) for w in inside]


@lru_cache(maxsize=1)
def _model(folder: str) -> Any:
    try:
        library: Any = importlib.import_module("faster_whisper")
        return library.WhisperModel(folder, device="auto", local_files_only=True)
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ToolError(f"faster-whisper can't load {Path(folder).name}: {line}") from error
