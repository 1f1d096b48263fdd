"""Captions of faces at key moments: the whole, each region, and what it comes down to."""

from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import yaml

from perception.au_intensity import catalogue, letter
from perception.clip import Clip
from perception.errors import OptionError
from perception.evidence import Findings, Frozen, Observation, Signal
from perception.face_captions_by_clip import Moment, caption_by_clip
from perception.face_track import FaceTrack
from perception.models.face_clip import fingerprint, require_emocapclip
from perception.tool import Run, tool

Floats = npt.NDArray[np.floating]

MOMENTS = 5  # a person at the most
APART_S = 1.0  # between two moments: closer ones show the same
TOLD_FROM = 1.5  # FACS intensity B: a trace is not worth a sentence
STATE_FROM = 1.5
HOW_CLIP = (
    "a folder with a CLIP or SigLIP checkpoint, or its hub id: for one, hf download openai/clip-vit-base-patch32 "
    "--local-dir FOLDER, from https://huggingface.co/openai/clip-vit-base-patch32"
)
NO_CLIP = "none: no CLIP was given (face_captions.engine=clip with face_captions.model=<folder or hub id>)"
Engine = Literal["composed", "clip", "emocapclip"]
LEVELS = ((3.5, "high"), (2.5, "medium"), (0.0, "low"))  # of the strongest action unit: D, C, below


class State(Frozen):
    """A combination of action units with the words for the whole face."""

    units: tuple[int, ...]
    says: str


class Words(Frozen):
    """What captions are made of."""

    regions: dict[str, tuple[int, ...]]
    intensity: dict[str, str]
    states: tuple[State, ...]
    neutral: str


@cache
def words() -> Words:
    """The words of captions."""
    path = Path(__file__).parent / "data" / "face_captions.yaml"
    return Words.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@tool(needs=("faces", "action_units"), version="4", reads_words=False)
def face_captions(engine: Engine = "composed", model: str = "") -> Run:
    """Put the face into words at the moments when it shows most: global state, each region, summary.

    Args:
        engine: `composed` (from action units by rules, in the format of EmoCap100K), `clip` (zero-shot by any CLIP or
            SigLIP), or `emocapclip` (zero-shot by EmoCapCLIP, whose weights are not public).
        model: of `clip` the checkpoint's folder or hub id, of `emocapclip` its folder.

    Raises:
        OptionError: a model without an engine that takes it, `clip` without a model, or a folder that is not there.
        ToolError: `emocapclip` without its weights.
    """
    if engine == "composed" and model:
        raise OptionError(f"face_captions.model={model} needs face_captions.engine=clip")
    if engine == "clip" and not model:
        raise OptionError(f"face_captions.engine=clip needs face_captions.model=<{HOW_CLIP}>")
    if engine == "clip" and model.startswith(("/", ".", "~")) and not Path(model).expanduser().is_dir():
        raise OptionError(f"face_captions.model={model}: there is no such folder; give {HOW_CLIP}")
    if engine == "emocapclip":
        require_emocapclip(model)

    def run(clip: Clip, faces: list[FaceTrack], action_units: Findings) -> Findings:
        found = Findings(notes={"engine": engine})
        if not faces:
            found.abstain(None, "no face was found")
        moments = list[Moment]()
        for face in faces:
            signals = [s for s in action_units.signals if s.person == face.person and s.name[2:].isdigit()]
            if not signals:
                found.abstain(face.person, "no action units were measured")
                continue
            for time_s in _key_moments(face, action_units):
                if engine == "composed":
                    _caption(face, time_s, {_number(s): _value_at(s, time_s) for s in signals}, found)
                else:
                    moments.append(Moment(face, int(np.abs(face.times_s - time_s).argmin())))
        if engine == "composed":
            found.notes["zero-shot"] = NO_CLIP
        else:
            caption_by_clip(clip, moments, engine, model, words().regions, found)
        return found

    run.depends_on = lambda clip: fingerprint(model)  # type: ignore[attr-defined]
    return run


def caption(intensities: dict[int, float]) -> str:
    """One face in words, from the FACS intensity 0-5 of each measured action unit."""
    shown = {au for au, intensity in intensities.items() if intensity >= STATE_FROM}
    state = next((s.says for s in words().states if shown >= {*s.units}), None)
    strongest = max((intensities[au] for au in shown), default=0.0)
    level = next(name for least, name in LEVELS if strongest >= least)
    told = {region: _region(units, intensities) for region, units in words().regions.items()}
    local = [f"{region}: {', '.join(sentence)}" for region, sentence in told.items() if sentence]
    if state is None and not local:
        return f"overall {words().neutral}"
    overall = state or "a small movement"
    carried = " and ".join(region for region, sentence in told.items() if sentence)
    return f"overall {overall}, {level} intensity; {'; '.join(local)}; carried by the {carried}"


def _region(units: tuple[int, ...], intensities: dict[int, float]) -> list[str]:
    told = []
    for unit in catalogue():
        intensity = intensities.get(unit.au, 0.0)
        if unit.au in units and intensity >= TOLD_FROM:
            perhaps = "perhaps " if unit.inferred else ""
            told.append(f"{perhaps}{unit.words} {words().intensity[letter(intensity)]} (AU{unit.au})")
    return told


def _key_moments(face: FaceTrack, action_units: Findings) -> list[float]:
    """Apexes of the strongest events of this person, apart from each other, in order of time."""
    events = [o for o in action_units.observations if o.person == face.person and o.apex_s is not None]
    chosen: list[float] = []
    for event in sorted(events, key=_weight, reverse=True):
        apex_s = event.apex_s or event.start_s
        if len(chosen) < MOMENTS and all(abs(apex_s - other) >= APART_S for other in chosen):
            chosen.append(apex_s)
    return sorted(chosen)


def _weight(event: Observation) -> float:
    return event.confidence * (event.value or 0.0)


def _caption(face: FaceTrack, time_s: float, intensities: dict[int, float], found: Findings) -> None:
    at = int(np.abs(face.times_s - time_s).argmin())
    start_s, end_s = float(face.times_s[at]), face.end_s(at)
    quality = face.quality(start_s, end_s)
    text = f"{face.person}'s face at {start_s:.1f} s: {caption(intensities)}"
    found.event(face.person, "face_caption", start_s, end_s, text=text, confidence=0.6 * quality, quality=quality)


def _number(signal: Signal) -> int:
    return int(signal.name.removeprefix("AU"))


def _value_at(signal: Signal, time_s: float) -> float:
    times_s = signal.times()
    return float(signal.values[int(np.abs(times_s - time_s).argmin())])
