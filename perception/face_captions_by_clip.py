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
ABOVE_CHANCE = 0.15  # of the way from chance (all states alike) to 1, that the best state is at least; ours
AHEAD = 1.25  # times the score of the next state, that the best one is at least; ours
BEYOND_BLANK = 2.0  # times the odds that the same sentence has of a blank picture; ours


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
    """Add a caption for each moment, or why there is none; pictures are cropped as they come and encoded in batches.

    Raises:
        ToolError: the model can't be loaded.
        ClipError: the clip can't be decoded at these moments.
    """
    if not moments:
        return
    zero_shot = ZeroShot(face_encoder(engine, model), engine)
    blank = zero_shot.blank()
    found.notes["model"] = zero_shot.encoder.name
    found.notes["scores"] = "zero-shot, not calibrated: how sentences fit the picture, no FACS intensity"
    in_time = sorted(moments, key=lambda moment: moment.time_s)
    pictures = _pictures(clip, in_time)
    while batch := list(islice(pictures, BATCH)):
        scores = zero_shot.scores([picture for _, picture in batch])
        for (moment, _), score in zip(batch, scores, strict=True):
            _tell(moment, score, blank, regions, found)


def caption(scores: Scores, blank: Scores, regions: Mapping[str, tuple[int, ...]]) -> str:
    """One face in words: the state that fits best with its intensity, the wordings that fit, and where they are.

    Args:
        scores: of the face.
        blank: of a picture that shows nothing.
        regions: action units by the region in which they are told.
    """
    state = max(scores.states, key=lambda name: scores.states[name])
    level = max(scores.intensities, key=lambda name: scores.intensities[name], default=None)
    told = {region: _region(units, scores.units, blank.units) for region, units in regions.items()}
    local = [f"{region}: {', '.join(sentences)}" for region, sentences in told.items() if sentences]
    strength = f", {level} intensity" if level else ""
    overall = f"overall most like {state} of {len(scores.states)} ({scores.states[state]:.2f}){strength}"
    if not local:
        return f"{overall}; no wording of a single region fits"
    carried = " and ".join(region for region, sentences in told.items() if sentences)
    return f"{overall}; {'; '.join(local)}; carried by the {carried}"


def unclear(states: Mapping[str, float], blank: Mapping[str, float]) -> str | None:
    """Why scores that sum to 1 name no state: no better than chance, than the next one or than for a blank picture."""
    (best, score), (second, next_score) = sorted(states.items(), key=lambda item: -item[1])[:2]
    chance = 1 / len(states)
    if score < chance + ABOVE_CHANCE * (1 - chance):
        return (
            f"no state fits clearly better than chance (best: {best} {score:.2f} of {len(states)}, chance {chance:.2f})"
        )
    if score < AHEAD * next_score:
        return f"no state fits clearly better than the next ({best} {score:.2f}, {second} {next_score:.2f})"
    if not _beyond(score, blank[best]):
        return f"{best} fits not clearly better ({score:.2f}) than it fits a blank picture ({blank[best]:.2f})"
    return None


def _region(units: tuple[int, ...], scores: Mapping[int, float], blank: Mapping[int, float]) -> list[str]:
    fitting = [u for u in units if scores.get(u, 0.0) >= TOLD_FROM and _beyond(scores[u], blank.get(u, 0.5))]
    fitting.sort(key=lambda unit: -scores[unit])
    return [f"{prompts().units[unit].present} (wording of AU{unit} fits {scores[unit]:.2f})" for unit in fitting]


def _beyond(score: float, blank: float) -> bool:
    """Whether a sentence's odds are clearly higher than those of the same sentence for a blank picture."""
    return score * (1 - blank) >= BEYOND_BLANK * blank * (1 - score)


def _pictures(clip: Clip, moments: Sequence[Moment]) -> Iterator[tuple[Moment, Picture]]:
    frames = clip.frames_at([moment.time_s for moment in moments])
    for moment, frame in zip(moments, frames, strict=True):
        points = moment.face.landmarks[moment.at, :, :2]
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        yield moment, face_crop(frame.rgb, Box(left, top, right, bottom))


def _tell(
    moment: Moment, scores: Scores, blank: Scores, regions: Mapping[str, tuple[int, ...]], found: Findings
) -> None:
    face, start_s = moment.face, moment.time_s
    if why := unclear(scores.states, blank.states):  # then the wordings of units are no better founded
        found.abstain(face.person, f"no caption of the face at {start_s:.1f} s by {found.notes['model']}: {why}")
        return
    end_s = face.end_s(moment.at)
    quality, best = face.quality(start_s, end_s), max(scores.states.values())
    found.event(
        face.person,
        "face_caption",
        start_s,
        end_s,
        value=round(best, 3),
        unit="zero-shot score 0-1",
        text=f"{face.person}'s face at {start_s:.1f} s, to an encoder: {caption(scores, blank, regions)}",
        confidence=SURE * best * quality,
        quality=quality,
    )
