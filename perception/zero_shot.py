"""Zero-shot scores: how well sentences fit a picture of a face, by an encoder of pictures and sentences."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import yaml

from perception.evidence import Frozen
from perception.models.face_clip import FaceTextEncoder, Picture
from perception.tracking import Box

Floats = npt.NDArray[np.floating]

WIDER = 1.3  # side of the crop, as a multiple of the box around the face
BLANK = np.full((64, 64, 3), 128, dtype=np.uint8)  # a picture that shows nothing


class Wording(Frozen):
    """An action unit as it is worded, and what is seen in its place."""

    present: str
    absent: str


class Prompts(Frozen):
    """The sentences, by what they tell."""

    templates: dict[str, tuple[str, ...]]
    intensities: dict[str, dict[str, tuple[str, ...]]]
    states: dict[str, tuple[str, ...]]
    unexpressive: str
    units: dict[int, Wording]


class Scores(NamedTuple):
    """What fits a picture: each sums to 1 over its names, but for the units, which are each on their own."""

    states: dict[str, float]
    intensities: dict[str, float]  # of the state that fits best; empty for a face at rest
    units: dict[int, float]  # that the wording of the unit fits better than its absence: no intensity, no FACS score


@cache
def prompts() -> Prompts:
    """The sentences."""
    path = Path(__file__).parent / "data" / "face_prompts.yaml"
    return Prompts.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


class ZeroShot:
    """An encoder with its sentences encoded; they are so once for all pictures."""

    def __init__(self, encoder: FaceTextEncoder, engine: str = "clip") -> None:
        """Encode the sentences that this engine's encoder was trained on the like of."""
        said = prompts()
        self.encoder = encoder
        self._states = looks(encoder, said.states, engine)
        self._intensities = {
            state: ensembles(encoder, {i: _filled(t, words) for i, t in said.intensities[engine].items()})
            for state, words in said.states.items()
            if state != said.unexpressive
        }
        self._units = {
            unit: ensembles(encoder, {"present": (w.present,), "absent": (w.absent,)}) for unit, w in said.units.items()
        }

    def blank(self) -> Scores:
        """What fits a picture that shows nothing: sentences that an encoder leans to anyway (Zhao et al. 2021)."""
        return self.scores([BLANK])[0]

    def scores(self, faces: Sequence[Picture]) -> list[Scores]:
        """What fits each picture."""
        return [self._of(face) for face in self.encoder.encode_image(faces)]

    def _of(self, face: Floats) -> Scores:
        scale = self.encoder.logit_scale
        states = shares(face, self._states, scale)
        best = max(states, key=lambda state: states[state])
        intensities = shares(face, self._intensities[best], scale) if best in self._intensities else {}
        return Scores(states, intensities, {u: shares(face, t, scale)["present"] for u, t in self._units.items()})


def looks(encoder: FaceTextEncoder, words: Mapping[str, Sequence[str]], engine: str = "clip") -> dict[str, Floats]:
    """One direction for each name of what a face may look like, by its words in all templates of an engine."""
    templates = prompts().templates[engine]
    return ensembles(encoder, {name: _filled(templates, given) for name, given in words.items()})


def fitting(encoder: FaceTextEncoder, faces: Sequence[Picture], texts: Mapping[str, Floats]) -> dict[str, float]:
    """What fits one face in one or several pictures (of a clip: some 8 to 16), by the mean of their vectors.

    The scores sum to 1 over the texts; they are not calibrated.
    """
    mean = encoder.encode_image(faces).mean(axis=0)
    return shares(mean / np.linalg.norm(mean), texts, encoder.logit_scale)


def ensembles(encoder: FaceTextEncoder, sentences: Mapping[str, Sequence[str]]) -> dict[str, Floats]:
    """One direction for each name: the mean of its sentences' vectors, of length 1 again (Radford et al. 2021)."""
    every = encoder.encode_text([s for group in sentences.values() for s in group])
    ends = np.cumsum([len(group) for group in sentences.values()])
    means = [part.mean(axis=0) for part in np.split(every, ends[:-1])]
    return {name: mean / np.linalg.norm(mean) for name, mean in zip(sentences, means, strict=True)}


def shares(face: Floats, texts: Mapping[str, Floats], scale: float) -> dict[str, float]:
    """Softmax of scale x cosine over the names; of two, that is the sigmoid of their margin."""
    logits = scale * np.array([face @ text for text in texts.values()])
    weights = np.exp(logits - logits.max())
    return dict(zip(texts, (weights / weights.sum()).tolist(), strict=True))


def face_crop(rgb: Picture, box: Box) -> Picture:
    """The square around a face, 1.3 times as wide as its box, shape (side, side, 3); the edge goes on where it ends."""
    side = max(2, round(WIDER * max(box.right - box.left, box.bottom - box.top)))
    left, top = round((box.left + box.right - side) / 2), round((box.top + box.bottom - side) / 2)
    rows = np.clip(np.arange(top, top + side), 0, rgb.shape[0] - 1)
    columns = np.clip(np.arange(left, left + side), 0, rgb.shape[1] - 1)
    return np.ascontiguousarray(rgb[rows[:, None], columns])


def _filled(templates: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    return tuple(template.format(word) for template in templates for word in words)
