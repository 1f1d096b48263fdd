"""What can still be measured in a de-identified clip, and what was taken from it."""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from perception.clip import Clip
from perception.deidentify.agreement import GestureAgreement, UnitAgreement, gesture_agreement, unit_agreement
from perception.deidentify.detectors import DETECTORS, Look
from perception.deidentify.likeness import Encoder, Likeness, likeness
from perception.deidentify.measuring import Measured, measure
from perception.evidence import Evidence, Frozen, Number

SSIM_PICTURES, SSIM_PX = 40, 480  # at most so many pictures, thinned out to about so many pixels across

WARNINGS = (
    "De-identified is less identifiable, not unidentifiable: voice, clothes, place, words and what people do remain"
    " as far as they were not covered, and so do metadata that someone else keeps.",
    "Pulse waves and the dynamics of face and skeleton identify people (conversational keypoints tell who moves in"
    " about 95 of 100 cases): share summaries rather than signals.",
    "Coarse blocks and blur still hold the colour of the skin over time, from which a pulse can be read by whoever"
    " knows where the face is; mask if that matters.",
    "An avatar keeps the proportions of the face and the way it moves. A shifted voice can be shifted back.",
    "The detectors see frontal and half-turned faces larger than about a twentieth of the picture; look through the"
    " result before you share it.",
)


class DetectorCoverage(Frozen):
    """On how many pictures a detector finds a face."""

    detector: str
    pictures: int
    before: int
    after: int
    both: int = Field(description="pictures with a face before, on which one is still found")


class HeartRateChange(Frozen):
    """One person's heart rate in the clip and in its export."""

    person: str | None
    before_bpm: Number | None
    after_bpm: Number | None
    difference_bpm: Number | None
    text: str


class UtilityReport(Frozen):
    """The utility report of a de-identified clip; it names neither the clip nor its hash."""

    method: str = ""
    audio: str = ""
    pictures: int
    pictures_covered: dict[str, int] = Field(
        default_factory=dict, description="where a face was found, held though not found, or the whole picture"
    )
    solid_places: int = Field(
        default=0,
        description="places where a detector still found something in what was written, a face or what looks like one "
        "to it, and which were covered solid",
    )
    pictures_solid: int = Field(default=0, description="pictures on which such a place is covered solid")
    coverage: tuple[DetectorCoverage, ...]
    action_units: tuple[UnitAgreement, ...]
    gestures: GestureAgreement
    heart_rate: tuple[HeartRateChange, ...]
    ssim: Number = Field(description="mean structural similarity of grey pictures (Wang et al. 2004)")
    likeness: Likeness | None = None
    warnings: tuple[str, ...] = WARNINGS


def compare(
    clip: Clip,
    exported: Clip,
    before: Measured,
    looks: tuple[Sequence[Look], Sequence[Look]],
    encoder: Encoder | None = None,
) -> UtilityReport:
    """Measure the export and set it beside the clip.

    Args:
        clip: as it was.
        exported: de-identified, picture by picture the same.
        before: what was measured in the clip.
        looks: what both detectors saw in each picture of the clip and of the export.
        encoder: of face crops.
    """
    after = measure(exported)
    return UtilityReport(
        pictures=clip.n_frames,
        coverage=tuple(_coverage(detector, *looks) for detector in DETECTORS),
        action_units=unit_agreement(before, after),
        gestures=gesture_agreement(before, after),
        heart_rate=tuple(_heart_rates(before, after)),
        ssim=_ssim(clip, exported),
        likeness=likeness(clip, exported, looks[0], encoder) if encoder else None,
    )


def _coverage(detector: str, before: Sequence[Look], after: Sequence[Look]) -> DetectorCoverage:
    had, has = ([bool(getattr(look, detector)) for look in looks] for looks in (before, after))
    both = sum(a and b for a, b in zip(had, has, strict=True))
    return DetectorCoverage(detector=detector, pictures=len(had), before=sum(had), after=sum(has), both=both)


def _heart_rates(before: Measured, after: Measured) -> list[HeartRateChange]:
    names = [face.person for face in before.faces]
    return [_heart_rate(name, before.evidence, after.evidence) for name in names] or [
        HeartRateChange(
            person=None, before_bpm=None, after_bpm=None, difference_bpm=None, text="no face was measured before"
        )
    ]


def _heart_rate(person: str, before: Evidence, after: Evidence) -> HeartRateChange:
    was, now = _bpm(person, before), _bpm(person, after)
    difference = round(now - was, 1) if was is not None and now is not None else None
    if difference is not None:
        text = f"{difference:+.1f} bpm"
    elif was is not None:
        text = "no pulse can be read any more"
    else:
        text = "no pulse could be read before" + ("" if now is None else ", and one is read now: an artefact")
    return HeartRateChange(person=person, before_bpm=was, after_bpm=now, difference_bpm=difference, text=text)


def _bpm(person: str, evidence: Evidence) -> float | None:
    """Of the longest stretch in which a rate was read."""
    rates = [o for o in evidence.observations if o.kind == "heart_rate" and o.person == person and o.value is not None]
    return max(rates, key=lambda o: o.end_s - o.start_s).value if rates else None


def _ssim(clip: Clip, exported: Clip) -> float:
    from skimage.metrics import structural_similarity

    times_s = np.linspace(0, clip.duration_s, min(SSIM_PICTURES, clip.n_frames), endpoint=False).tolist()
    step = max(1, clip.width // SSIM_PX)
    alike = []
    for a, b in zip(clip.frames_at(times_s), exported.frames_at(times_s), strict=True):
        height, width = a.rgb.shape[:2]
        grey = [one[:height:step, :width:step].mean(axis=2) for one in (a.rgb, b.rgb)]
        smallest = min(grey[0].shape)
        window = min(7, smallest - 1 + smallest % 2)  # odd, and inside the picture
        alike.append(structural_similarity(*grey, data_range=255, win_size=window))  # type: ignore[no-untyped-call]
    return round(float(np.mean(alike)), 3)
