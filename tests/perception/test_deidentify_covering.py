"""What is covered of each picture: more rather than less, from what was seen before and after it."""

import numpy as np
import pytest

from perception.deidentify.covering import Cover, cover_also, plan, solid_places
from perception.deidentify.detectors import CHIN, FOREHEAD, HAIR, Look, around_mesh
from perception.deidentify.hiding import FILL, hidden, tagged
from perception.tracking import Box

WIDTH, HEIGHT, RATE_HZ = 640, 360, 20
FACE = Box(300, 120, 380, 220)
ELSEWHERE = Box(60, 120, 140, 220)


def looks(*seen, shot=lambda n: 0, cascade=None, mesh=True):
    """A look for each tuple of faces."""
    extra = cascade or {}
    return [
        Look(n / RATE_HZ, 1 / RATE_HZ, shot(n), tuple(boxes), tuple(extra.get(n, ())), tuple(boxes) if mesh else ())
        for n, boxes in enumerate(seen)
    ]


def planned(seen):
    return plan(seen, WIDTH, HEIGHT)


def covers(cover, box):
    return cover.whole or any(
        c.left <= box.left and c.top <= box.top and c.right >= box.right and c.bottom >= box.bottom for c in cover.boxes
    )


def test_a_picture_without_detection_is_covered_where_the_face_was_and_will_be():
    moved = Box(330, 130, 410, 230)
    found = planned(looks(*[[FACE]] * 10, *[[]] * 5, *[[moved]] * 10))
    assert all(cover.held and not cover.whole for cover in found[10:15])
    assert all(covers(cover, FACE) and covers(cover, moved) for cover in found[10:15])


def test_a_held_box_grows_until_the_whole_picture_is_covered():
    found = planned(looks(*[[FACE]] * 10, *[[]] * 40))
    widths = [max(box.right - box.left for box in cover.boxes) for cover in found[12:29]]
    assert widths == sorted(widths)
    assert widths[-1] > 2 * (FACE.right - FACE.left)
    assert [cover.why for cover in found[10:29]] == ["held"] * 19
    assert [cover.why for cover in found[30:]] == ["whole"] * 20


def test_pictures_before_the_first_face_are_covered_too():
    found = planned(looks(*[[]] * 40, *[[FACE]] * 10))
    assert all(cover.whole for cover in found[:19])
    assert all(covers(cover, FACE) for cover in found)


def test_a_clip_without_a_face_is_covered_whole():
    assert all(cover.whole for cover in planned(looks(*[[]] * 30)))


def test_nothing_is_held_across_a_cut():
    found = planned(looks(*[[FACE]] * 10, *[[]] * 10, shot=lambda n: n // 10))
    assert [cover.why for cover in found] == ["found"] * 10 + ["whole"] * 10


def test_a_face_on_a_single_picture_is_covered_but_vouches_for_none():
    found = planned(looks(*[[]] * 10, [FACE], *[[]] * 10))
    assert covers(found[10], FACE)
    assert all(cover.whole for cover in found)


def test_what_is_detected_without_a_face_mesh_is_covered_but_vouches_for_no_picture():
    found = planned(looks(*[[FACE]] * 20, mesh=False))
    assert all(cover.whole and covers(cover, FACE) for cover in found)


def test_what_only_the_second_detector_finds_is_covered_but_vouches_for_no_picture():
    alone = planned(looks(*[[]] * 10, cascade={n: [FACE] for n in range(10)}))
    assert all(cover.whole for cover in alone)
    beside = planned(looks(*[[FACE]] * 10, cascade={5: [ELSEWHERE]}))
    assert all(covers(cover, ELSEWHERE) for cover in beside[4:7])


@pytest.mark.parametrize(
    ("place", "whole"), [(ELSEWHERE, True), (Box(0, 120, 80, 220), False)], ids=["inside", "at the border"]
)
def test_who_is_lost_inside_the_picture_has_it_covered_whole_and_who_left_it_does_not(place, whole):
    found = planned(looks(*[[FACE, place]] * 10, *[[FACE]] * 40))
    assert {cover.whole for cover in found[35:]} == {whole}
    assert all(covers(cover, FACE) for cover in found)


def test_someone_lost_who_comes_back_elsewhere_is_not_sought_on():
    found = planned(looks(*[[FACE, ELSEWHERE]] * 10, *[[FACE]] * 60, *[[FACE, Box(500, 120, 580, 220)]] * 10))
    assert found[40].whole
    assert not any(cover.whole for cover in found[-10:])


def noise():
    return np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def test_a_mask_is_solid():
    rgb = noise()
    out = hidden(rgb, Cover(boxes=[FACE]), "mask")
    assert (out[120:220, 300:380] == FILL).all()
    assert (out[:60, :200] == rgb[:60, :200]).all()


def test_a_pixelated_face_has_at_most_eight_blocks_across():
    row = hidden(noise(), Cover(boxes=[FACE]), "pixelate")[170, 300:380].astype(int)
    assert np.count_nonzero(np.abs(np.diff(row, axis=0)).sum(axis=1)) < 8


def test_blur_leaves_no_detail():
    out = hidden(noise(), Cover(boxes=[FACE]), "blur")[120:220, 300:380].astype(int)
    assert np.abs(np.diff(out, axis=1)).max() <= 2


def test_whole_covers_everything_whatever_the_method():
    assert (hidden(noise(), Cover(boxes=[FACE], whole=True), "blur") == FILL).all()


def test_what_the_second_detector_alone_finds_is_held_for_a_second():
    found = planned(looks(*[[FACE]] * 60, cascade={30: [ELSEWHERE]}))
    covered = [covers(cover, ELSEWHERE) for cover in found]
    assert all(covered[11:50])
    assert not any(covered[:10] + covered[51:])


def test_what_is_still_found_is_covered_solid_and_then_its_whole_picture():
    seen = looks(*[[]] * 30, [FACE], *[[]] * 30)
    planned_so_far = [Cover() for _ in seen]
    cover_also(planned_so_far, seen, whole_within_s=None)
    assert (hidden(noise(), planned_so_far[25], "blur")[120:220, 300:380] == FILL).all()
    cover_also(planned_so_far, seen, whole_within_s=0.0)
    assert [n for n, cover in enumerate(planned_so_far) if cover.whole] == [30]
    cover_also(planned_so_far, seen, whole_within_s=0.5)
    assert [n for n, cover in enumerate(planned_so_far) if cover.whole] == list(range(20, 41))


def test_places_covered_solid_are_counted_once_in_a_shot_and_not_where_the_whole_picture_is():
    seen = looks(*[[]] * 40, shot=lambda n: n // 20)
    found = [Cover() for _ in seen]
    for n in (*range(5, 15), *range(25, 35)):
        found[n].solid = [FACE]
    found[7].solid = [FACE, ELSEWHERE]
    assert solid_places(found, seen) == (3, 20)
    found[25].whole = True
    assert solid_places(found, seen) == (3, 19)
    assert solid_places([Cover(boxes=[FACE])] * 40, seen) == (0, 0)


@pytest.mark.parametrize("height", [180, 360, 1080])
def test_the_burnt_in_tag_has_its_outline_right_around_its_letters(height):
    grey = tagged(np.full((height, 2 * height, 3), 128, np.uint8), "de-identified: mask")[..., 0]
    rows, columns = np.nonzero(grey > 135)
    near = np.zeros(grey.shape, bool)
    reach = max(3, height // 100)
    for y, x in zip(rows, columns, strict=True):
        near[max(0, y - reach) : y + reach + 1, max(0, x - reach) : x + reach + 1] = True
    assert len(rows)
    assert (grey[~near] == 128).all()
    assert (grey < 60).any()


@pytest.mark.parametrize(
    ("up", "longer"),
    [((0, -1), (0, 0, 0, 0)), ((1, 0), (0, 0, 1, 0)), ((-1, 0), (-1, 0, 0, 0)), ((0, 1), (0, 0, 0, 1))],
    ids=["upright", "hair to the right", "hair to the left", "upside down"],
)
def test_the_box_of_a_head_that_lies_is_longer_towards_its_hair(up, longer):
    middle, along, across = np.array([0.5, 0.5]), np.array(up) * 60, np.array(up[::-1]) * 40
    points = np.zeros((478, 3), np.float32)
    points[:] = [*middle, 0]
    for number, at in ((FOREHEAD, along), (CHIN, -along), (33, across), (263, -across)):
        points[number, :2] += at / (WIDTH, HEIGHT)
    box = around_mesh(points, WIDTH, HEIGHT) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
    plain = np.array([*points[:, :2].min(axis=0), *points[:, :2].max(axis=0)]) * (WIDTH, HEIGHT, WIDTH, HEIGHT)
    assert box == pytest.approx(plain + HAIR * 120 * np.array(longer), abs=0.1)
