"""Which part of each picture is covered: wherever a face is, was a moment ago, will be in a moment, or might be.

It fails closed. A face that is lost is held, and its box grows the longer it is unseen; one that stays lost, or was
never found, has the whole picture covered. Nothing is held across a cut.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from perception.deidentify.detectors import Look
from perception.tracking import Box, Tracker

HELD_S = 1.0  # before a face is first seen and after it was last seen
GROWS = 1.0  # face sizes a second to each side, while a face is unseen: a head that moves fast, not a runner
AROUND_S = 0.1  # boxes of pictures so near are covered as well: landmarks jitter, motion blurs
SURE_FRAMES = 3  # with a whole face mesh: what has fewer is covered, but vouches for no picture, for it may be no face
AT_EDGE = 0.1  # face sizes from the picture's border: who was last seen there may have left
Why = Literal["found", "held", "whole"]


@dataclass
class Cover:
    """What is covered of one picture."""

    boxes: list[Box] = field(default_factory=list)  # of faces, not yet grown by a margin
    whole: bool = False
    solid: list[Box] = field(default_factory=list)  # covered solid whatever the method
    held: bool = False  # a face is covered that was not found on this picture

    @property
    def why(self) -> Why:
        """How it is known where the faces are."""
        return "whole" if self.whole else "held" if self.held else "found"


@dataclass
class _Seen:
    """One face within a shot."""

    at: list[int] = field(default_factory=list)  # numbers of the pictures
    boxes: list[Box] = field(default_factory=list)
    meshes: int = 0  # on how many of them it has a whole mesh


def plan(looks: Sequence[Look], width: int, height: int) -> list[Cover]:
    """What to cover of each picture, from what was seen on all of them.

    Args:
        looks: every picture of a clip, in order.
        width: of the picture, px.
        height: of the picture, px.
    """
    covers = [Cover() for _ in looks]
    sure_from = min(SURE_FRAMES, len(looks))
    for _, group in groupby(range(len(looks)), key=lambda n: looks[n].shot):
        shot = list(group)
        faces = _follow(looks, shot)
        sure = [face for face in faces if face.meshes >= sure_from]
        vouched = set[int]()
        for face in faces:
            known = _cover_face(face, looks, shot, covers)
            if face in sure:
                vouched |= known
        for n in _unaccounted(sure, looks, shot, width, height) | (set(shot) - vouched):
            covers[n].whole = True
        for n in shot:
            for near in _near(n, looks, shot, AROUND_S):
                covers[n].boxes += looks[near].boxes
            for near in _near(n, looks, shot, HELD_S):
                covers[n].boxes += _alone(looks[near])
            covers[n].boxes = merged(covers[n].boxes)
    return covers


def _follow(looks: Sequence[Look], shot: Sequence[int]) -> list[_Seen]:
    tracker, faces = Tracker(), dict[int, _Seen]()
    for n in shot:
        boxes = merged(looks[n].mediapipe)
        for number, box in zip(tracker.follow(boxes, looks[n].time_s), boxes, strict=True):
            face = faces.setdefault(number, _Seen())
            face.at.append(n)
            face.boxes.append(box)
            face.meshes += any(_holds_middle(box, mesh) for mesh in looks[n].mesh)
    return list(faces.values())


def _holds_middle(outer: Box, inner: Box) -> bool:
    x, y = (inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2
    return outer.left <= x <= outer.right and outer.top <= y <= outer.bottom


def _cover_face(face: _Seen, looks: Sequence[Look], shot: Sequence[int], covers: list[Cover]) -> set[int]:
    """Cover a face where it was seen, between, and for a while before and after; the pictures on which it is known."""
    known = set[int]()
    before = -1  # last sighting up to the picture, by its place in face.at
    for n in shot:
        if before + 1 < len(face.at) and face.at[before + 1] == n:
            before += 1
            covers[n].boxes.append(face.boxes[before])
            known.add(n)
            continue
        ends = [i for i in (before, before + 1) if 0 <= i < len(face.at)]
        unseen_s = min(abs(looks[n].time_s - looks[face.at[i]].time_s) for i in ends)
        between = len(ends) == 2  # it was found again: look ahead
        if between or unseen_s <= HELD_S:
            covers[n].boxes.append(grown(hull([face.boxes[i] for i in ends]), GROWS * unseen_s))
            covers[n].held = True
            known.add(n)
    return known


def _unaccounted(
    sure: Sequence[_Seen], looks: Sequence[Look], shot: Sequence[int], width: int, height: int
) -> set[int]:
    """Pictures on which someone who did not leave by the border is not known any more, or not known yet."""
    starts = sorted((face.at[0], face.boxes[0]) for face in sure)
    losses, unknown = sorted((face.at[-1], face.boxes[-1]) for face in sure), set[int]()
    for last, box in losses:
        back = next((start for start in starts if start[0] > last), None)  # who appears later may be the same
        if back:
            starts.remove(back)
        if back or not _at_edge(box, width, height):
            unknown |= _between(looks, shot, last, back[0] if back else None)
    for first, box in starts:  # whom nobody's loss explains
        if not _at_edge(box, width, height):
            unknown |= _between(looks, shot, None, first)
    return unknown


def _between(looks: Sequence[Look], shot: Sequence[int], after: int | None, before: int | None) -> set[int]:
    """Pictures farther than a face is held from those two."""
    return {
        n
        for n in shot
        if (after is None or looks[n].time_s - looks[after].time_s > HELD_S)
        and (before is None or looks[before].time_s - looks[n].time_s > HELD_S)
    }


def _at_edge(box: Box, width: int, height: int) -> bool:
    near = grown(box, AT_EDGE)
    return near.left <= 0 or near.top <= 0 or near.right >= width or near.bottom >= height


def cover_also(covers: Sequence[Cover], seen: Sequence[Look], *, whole_within_s: float | None) -> None:
    """Cover what was still found: solid, and for as long as a face is held, or all of those pictures and their like.

    Args:
        covers: of each picture; changed in place.
        seen: what was found in each picture when it was covered so.
        whole_within_s: of a picture with a face, to cover whole; none is.
    """
    everything = range(len(seen))
    for n in everything:
        if seen[n].boxes:
            for near in _near(n, seen, everything, HELD_S):
                covers[near].solid = merged([*covers[near].solid, *seen[n].boxes])
            if whole_within_s is not None:
                for near in _near(n, seen, everything, whole_within_s):
                    covers[near].whole |= near == n or whole_within_s > 0


def solid_places(covers: Sequence[Cover], looks: Sequence[Look]) -> tuple[int, int]:
    """At how many places something was covered solid, and on how many pictures; those covered whole don't count.

    A place is one that is followed from picture to picture within a shot.
    """
    places, pictures, tracker, shot = 0, 0, Tracker(), None
    for cover, look in zip(covers, looks, strict=True):
        if look.shot != shot:
            tracker, shot, seen = Tracker(), look.shot, set[int]()
        boxes = [] if cover.whole else cover.solid
        numbers = set(tracker.follow(boxes, look.time_s))
        places += len(numbers - seen)
        seen |= numbers
        pictures += bool(boxes)
    return places, pictures


def _alone(look: Look) -> list[Box]:
    """What the cascade alone found: background that comes and goes, or a face that nothing follows."""
    return [
        box
        for box in look.cascade
        if not any(_holds_middle(box, other) or _holds_middle(other, box) for other in look.mediapipe)
    ]


def _near(n: int, looks: Sequence[Look], shot: Sequence[int], within_s: float) -> list[int]:
    """Pictures of the shot that are near in time, the next ones and this one at least."""
    near, place = [n], n - shot[0]
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(shot):
            other = shot[at]
            if abs(looks[other].time_s - looks[n].time_s) > within_s and abs(other - n) > 1:
                break
            near.append(other)
            at += step
    return near


def merged(boxes: Iterable[Box]) -> list[Box]:
    """Boxes of one face joined: those of which one holds the other's middle."""
    joined: list[Box] = []
    for box in boxes:
        same = [other for other in joined if _holds_middle(other, box) or _holds_middle(box, other)]
        joined = [other for other in joined if other not in same] + [hull([box, *same])]
    return joined


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box around boxes."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def grown(box: Box, by: float) -> Box:
    """A box with a margin of so many times its size on each side."""
    x, y = by * (box.right - box.left), by * (box.bottom - box.top)
    return Box(box.left - x, box.top - y, box.right + x, box.bottom + y)
