"""Captions by an encoder of pictures and sentences: what the face at a moment looks like to it, zero-shot."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from perception.clip import Clip
from perception.evidence import Findings
from perception.face_track import FaceTrack
from perception.models.face_clip import BATCH, Picture, face_encoder
from perception.tracking import Box
from perception.zero_shot import Scores, ZeroShot, face_crop, prompts

TOLD_FROM = 0.7  # of the score of a wording against its absence; encoders are seldom sure, and often without reason
SURE = 0.5  # confidence when everything speaks for a state: such scores are not calibrated


class Moment(NamedTuple):
    """A sample of a face track."""

    face: FaceTrack
    at: int

    @property
    def time_s(self) -> float:
        """When it is shown."""
        return float(self.face.times_s[self.at])


def caption_by_clip(
    clip: Clip,
    moments: Sequence[Moment],
    engine: str,
    model: str,
    regions: Mapping[str, tuple[int, ...]],
    found: Findings,
) -> None:
    """Add a caption for each moment; pictures are cropped as they come and encoded in batches.

    Raises:
        ToolError: the model can't be loaded.
        ClipError: the clip can't be decoded at these moments.
    """
    if not moments:
        return
    zero_shot = ZeroShot(face_encoder(engine, model), engine)
    found.notes["model"] = zero_shot.encoder.name
    found.notes["scores"] = "zero-shot, not calibrated: how sentences fit the picture, no FACS intensity"
    in_time = sorted(moments, key=lambda moment: moment.time_s)
    pictures = _pictures(clip, in_time)
    while batch := list(islice(pictures, BATCH)):
        scores = zero_shot.scores([picture for _, picture in batch])
        for (moment, _), score in zip(batch, scores, strict=True):
            _tell(moment, score, regions, found)


def caption(scores: Scores, regions: Mapping[str, tuple[int, ...]]) -> str:
    """One face in words: the state that fits best with its intensity, the wordings that fit, and where they are."""
    state = max(scores.states, key=lambda name: scores.states[name])
    level = max(scores.intensities, key=lambda name: scores.intensities[name], default=None)
    told = {region: _region(units, scores.units) for region, units in regions.items()}
    local = [f"{region}: {', '.join(sentences)}" for region, sentences in told.items() if sentences]
    strength = f", {level} intensity" if level else ""
    overall = f"overall most like {state} of {len(scores.states)} ({scores.states[state]:.2f}){strength}"
    if not local:
        return f"{overall}; no wording of a single region fits"
    carried = " and ".join(region for region, sentences in told.items() if sentences)
    return f"{overall}; {'; '.join(local)}; carried by the {carried}"


def _region(units: tuple[int, ...], scores: Mapping[int, float]) -> list[str]:
    fitting = sorted((unit for unit in units if scores.get(unit, 0.0) >= TOLD_FROM), key=lambda unit: -scores[unit])
    return [f"{prompts().units[unit].present} (wording of AU{unit} fits {scores[unit]:.2f})" for unit in fitting]


def _pictures(clip: Clip, moments: Sequence[Moment]) -> Iterator[tuple[Moment, Picture]]:
    frames = clip.frames_at([moment.time_s for moment in moments])
    for moment, frame in zip(moments, frames, strict=True):
        points = moment.face.landmarks[moment.at, :, :2]
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        yield moment, face_crop(frame.rgb, Box(left, top, right, bottom))


def _tell(moment: Moment, scores: Scores, regions: Mapping[str, tuple[int, ...]], found: Findings) -> None:
    face, start_s = moment.face, moment.time_s
    end_s = face.end_s(moment.at)
    quality, best = face.quality(start_s, end_s), max(scores.states.values())
    found.event(
        face.person,
        "face_caption",
        start_s,
        end_s,
        value=round(best, 3),
        unit="zero-shot score 0-1",
        text=f"{face.person}'s face at {start_s:.1f} s, to an encoder: {caption(scores, regions)}",
        confidence=SURE * best * quality,
        quality=quality,
    )
