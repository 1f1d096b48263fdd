"""Action units are found when and how strongly they are shown, and are not mistaken for each other."""

import random

import av
import cv2
import numpy as np
import pytest

from benchmarks.accuracy.action_units import SHOWS_AT_LEAST, pairs
from mentalis.testing import face_track
from mentalis.testing.synthetic_clip import Action, Script, render
from perception.action_units import action_units
from perception.au_intensity import catalogue, intensities
from perception.cache import Cache
from perception.clip import Clip, Utterance
from perception.scheduler import perceive
from perception.tool import make_tool

STARTS_S = (2.0, 6.0, 10.0, 14.0, 18.0)
HEADS = {"still": (), "nodding": [("nod", 5.0, 3)], "shaking": [("shake", 12.0, 3)]}
OPPOSITES = {"au12": "au15", "au15": "au12", "au1": "au4", "au4": "au1", "au26": "au17", "au5": "au43"}


@pytest.fixture(scope="module")
def clip(demo):
    return Clip.open(demo.clip)


def schedule(au, seed=0):
    rng = random.Random(seed)
    return [(au, start, start + rng.uniform(0.8, 2.0), rng.uniform(0.4, 1.0)) for start in STARTS_S]


def event_f1(true, found):
    """F1 of events that overlap by half (intersection over union)."""

    def overlap(a, b):
        shared = min(a[2], b.end_s) - max(a[1], b.start_s)
        return shared / (max(a[2], b.end_s) - min(a[1], b.start_s))

    hits = sum(any(overlap(a, b) >= 0.5 for b in found) for a in true)
    return 2 * hits / (len(true) + len(found)) if found else 0.0


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("au", ["au1", "au2", "au4", "au10", "au12", "au15", "au17", "au20", "au25", "au26", "au43"])
def test_each_is_found_when_it_is_shown(au, head, clip):
    true = schedule(au)
    found = action_units(engine="geometry")(clip, faces=[face_track(seconds=22, actions=true, head=HEADS[head])])
    assert event_f1(true, found.events(au)) >= 0.75
    assert not found.events(OPPOSITES.get(au, "none"))


@pytest.mark.parametrize("au", ["au1", "au4", "au12", "au15", "au26"])
def test_a_stronger_action_is_more_intense(au, clip):
    actions = [(au, 2.0, 3.5, 0.5), (au, 6.0, 7.5, 1.0)]
    weak, strong = action_units(engine="geometry")(clip, faces=[face_track(seconds=10, actions=actions)]).events(au)
    assert weak.value == pytest.approx(strong.value / 2, abs=0.5)
    assert strong.value > 3


def test_a_face_that_does_nothing_shows_nothing(clip):
    found = action_units(engine="geometry")(clip, faces=[face_track(seconds=20, noise_px=0.4)])
    assert not found.observations


def test_a_smile_for_half_of_the_clip_is_still_a_smile(clip):
    face = face_track(seconds=20, actions=[("au12", 8.0, 18.0, 0.8)])
    (smile,) = action_units(engine="geometry")(clip, faces=[face]).events("au12")
    assert smile.start_s == pytest.approx(8.0, abs=0.3)
    assert smile.end_s == pytest.approx(18.0, abs=0.3)


def test_both_engines_agree_on_a_real_face(shared, monkeypatch):
    """Pearson's r of geometry and blendshapes over 20 s of a lively face, where both see the unit well."""
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    clip = Clip.open(shared / "clips" / "man_talking_640x360.mp4")
    (face,) = make_tool("faces", engine="face_landmarker")(clip, frames=clip.frames()).value
    both = pairs(face)
    moving = {au: pair for au, pair in both.items() if pair[1].std() > SHOWS_AT_LEAST}
    assert {1, 2, 12, 25, 43} <= set(moving)
    for au in {1, 2, 4, 12, 25, 26, 43} & set(moving):
        assert np.corrcoef(*moving[au])[0, 1] >= 0.6, f"AU{au}"
    by_shapes, by_geometry = intensities(face, True), intensities(face, False)
    assert np.corrcoef(by_shapes[6], by_geometry[6])[0, 1] > 0.6, "inferred from the smile by both"


def test_what_an_engine_can_not_see_is_absent(clip):
    found = action_units(engine="geometry")(clip, faces=[face_track(seconds=10)])
    whole = {s.name for s in found.signals if s.name[2:].isdigit()}
    assert whole == {f"AU{unit.au}" for unit in catalogue() if unit.geometry}
    assert found.notes["not seen"] == "AU9, AU11, AU14"


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_one_sided_smile_is_told_with_its_side(side, clip):
    face = face_track(seconds=12, actions=[(f"au12_{side}", 5.0, 6.5, 1.0)])
    (event,) = action_units(engine="geometry")(clip, faces=[face]).events("au12_one_sided")
    assert f"on the {side} side only ({side[0].upper()}12)" in event.text
    assert event.start_s == pytest.approx(5.0, abs=0.3)


@pytest.mark.parametrize("head", HEADS)
def test_a_smile_of_both_sides_is_not_one_sided(head, clip):
    face = face_track(seconds=22, actions=schedule("au12"), head=HEADS[head])
    assert not action_units(engine="geometry")(clip, faces=[face]).events("au12_one_sided")


def test_lips_that_part_while_someone_speaks_count_half(clip):
    face = face_track(seconds=12, actions=[("au25", 5.0, 6.5, 1.0)])
    said = clip.model_copy(update={"transcript": (Utterance(start_s=4.5, end_s=7.0, text="well"),)})
    (quiet,) = action_units(engine="geometry")(clip, faces=[face]).events("au25")
    (talking,) = action_units(engine="geometry")(said, faces=[face]).events("au25")
    assert talking.confidence == pytest.approx(quiet.confidence / 2)
    assert "while someone speaks" in talking.text


def test_stills_show_a_smile_and_say_that_there_is_no_baseline(shared, monkeypatch, tmp_path):
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    smiles = {"0-f15-hao-ph.jpg": True, "single_face.jpg": True, "0-f1-su-ph.jpg": False, "15-f13-anc-ph.jpg": False}
    for name, smiling in smiles.items():
        evidence = perceive(
            still(shared / "clips" / "images" / name, tmp_path / "still.mp4"), [make_tool("action_units")]
        )
        assert bool(evidence.of("au12")) == smiling, name
        assert any("no baseline" in a.reason for a in evidence.abstentions), name
        assert all("no baseline" in o.text for o in evidence.of("au12")), name


def still(image, path):
    picture = cv2.imread(str(image))
    scale = 640 / max(picture.shape[:2])
    picture = cv2.resize(picture, [int(side * scale) // 2 * 2 for side in picture.shape[1::-1]])
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = picture.shape[1], picture.shape[0], "yuv420p"
        file.mux([*stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")), *stream.encode(None)])
    return Clip.open(path)


OPENFACE = "frame, face_id, timestamp, confidence, success, AU12_r, AU45_r, AU12_c"


def openface(folder, demo, rows):
    copy = folder / "clip.mp4"
    copy.write_bytes(demo.clip.read_bytes())
    copy.with_suffix(".csv").write_text("\n".join((OPENFACE, *rows)))
    return Clip.open(copy)


def test_a_csv_of_openface_beside_the_clip_is_read(demo, tmp_path):
    rows = [f"{n}, 0, {n / 30:.3f}, 0.98, 1, {2.4 if 90 <= n < 150 else 0.1}, 0.0, 1" for n in range(300)]
    clip = openface(tmp_path, demo, rows)
    evidence = perceive(clip, [make_tool("action_units", engine="openface")])
    (smile,) = evidence.of("au12")
    assert (smile.person, smile.start_s, smile.end_s, smile.value) == ("P1", 3.0, pytest.approx(5.0), 2.4)
    units = {s.name: s for s in evidence.signals if s.tool == "action_units"}
    assert set(units) == {"AU12", "AU43", "AU12_probability", "AU43_probability"}
    assert units["AU12_probability"].values[120] > 0.9 > 0.1 > units["AU12_probability"].values[30]


def test_a_changed_csv_of_openface_is_read_anew(demo, tmp_path):
    clip = openface(tmp_path, demo, [f"{n}, 0, {n / 30:.3f}, 0.98, 1, 0.1, 0.0, 1" for n in range(300)])
    cache, tools = Cache(tmp_path / "cache"), [make_tool("action_units", engine="openface")]
    assert not perceive(clip, tools, cache=cache).of("au12")
    rows = [f"{n}, 0, {n / 30:.3f}, 0.98, 1, {2.4 if 90 <= n < 150 else 0.1}, 0.0, 1" for n in range(300)]
    clip.path.with_suffix(".csv").write_text("\n".join((OPENFACE, *rows)))
    again = perceive(clip, tools, cache=cache)
    assert len(again.of("au12")) == 1
    assert perceive(clip, tools, cache=cache).observations == again.observations


def test_a_csv_of_another_clip_is_said_to_be_one(demo, tmp_path):
    clip = openface(tmp_path, demo, [f"{n}, 0, {n / 30:.3f}, 0.98, 1, 0.1, 0.0, 1" for n in range(600)])
    (run,) = [
        r for r in perceive(clip, [make_tool("action_units", engine="openface")]).tools if r.tool == "action_units"
    ]
    assert "not its CSV" in run.error


@pytest.mark.parametrize(
    ("rows", "why"), [(None, "can't be read"), ([], "no column"), (["1, 0, 0.0, high, 1, 0, 0, 0"], "no whole CSV")]
)
def test_without_a_whole_csv_of_openface_the_tool_says_so(demo, tmp_path, rows, why):
    clip = openface(tmp_path, demo, rows or [])
    if rows is None:
        clip.path.with_suffix(".csv").unlink()
    elif not rows:
        clip.path.with_suffix(".csv").write_text("frame,time\n0,0\n")
    evidence = perceive(clip, [make_tool("action_units", engine="openface")])
    (run,) = [run for run in evidence.tools if run.tool == "action_units"]
    assert run.status == "failed"
    assert why in run.error


def test_both_engines_find_what_a_rendered_face_shows(shared, monkeypatch, tmp_path):
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    kinds = ("brow_raise", "brow_lower", "smile", "frown", "lips_part", "jaw_drop", "eyes_closed")
    actions = tuple(Action(kind, 2 + 1.9 * n, 3.2 + 1.9 * n) for n, kind in enumerate(kinds * 3))
    render(Script(seconds=43, size=256, actions=actions, crf=18), tmp_path / "clip.mp4")
    clip = Clip.open(tmp_path / "clip.mp4")
    face = make_tool("faces", engine="face_landmarker")(clip, frames=clip.frames()).value
    for engine in ("geometry", "blendshapes"):
        found = action_units(engine=engine)(clip, faces=face)
        for au, shown_by in {1: 0, 2: 0, 4: 1, 12: 2, 15: 3, 26: 5, 43: 6}.items():
            true = [("", a.start_s + 0.12, a.end_s - 0.12) for a in actions if a.kind == kinds[shown_by]]
            jaws = [a for a in actions if a.kind == "jaw_drop" and au == 12]  # of a face that shows its teeth: a grin
            events = [o for o in found.events(f"au{au}") if not any(a.start_s <= o.apex_s <= a.end_s for a in jaws)]
            assert event_f1(true, events) >= 0.8, f"{engine} AU{au}"


def test_lips_that_are_apart_press_nothing(demo):
    face = face_track(seconds=12, actions=[("au25", 4.0, 6.0, 1.0), ("au12", 4.0, 6.0, 1.0)])
    found = make_tool("action_units", engine="geometry")(Clip.open(demo.clip), faces=[face])
    assert found.events("au25")
    assert not [o for o in found.events("au23") + found.events("au24") + found.events("au28") if 4.1 < o.start_s < 5.9]


def test_closed_eyes_are_closed_only_while_they_are(shared, monkeypatch):
    """She weeps with her eyes shut until 6 s, narrows them smiling, and shuts them at the end."""
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    clip = Clip.open(shared / "clips" / "man_talking_640x360.mp4")
    evidence = perceive(clip, [make_tool("action_units"), make_tool("blinks")])
    long = [o for o in evidence.of("au43") if o.end_s - o.start_s > 1]
    assert [(o.start_s, o.end_s) for o in long] == [
        (pytest.approx(0, abs=0.3), pytest.approx(5.9, abs=0.3)),
        (pytest.approx(17.6, abs=0.4), pytest.approx(19.7, abs=0.1)),
    ]
    assert all(o.start_s > 5.9 for o in evidence.of("blink"))
    assert not [o for o in evidence.of("gaze_away") if o.end_s < 5.9]


def test_in_a_short_clip_what_lasts_a_frame_is_no_event(shared, monkeypatch):
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    evidence = perceive(Clip.open(shared / "clips" / "single_face_2s.mp4"), [make_tool("action_units")])
    units = [o for o in evidence.observations if o.tool == "action_units"]
    assert all(o.end_s - o.start_s >= (0.5 if o.kind == "au43" else 0.12) for o in units)


def test_parted_lips_are_told_of_a_still(shared, monkeypatch, tmp_path):
    monkeypatch.setenv("MENTALIS_MODELS", str(shared / "models"))
    happy = still(shared / "clips" / "images" / "0-f15-hao-ph.jpg", tmp_path / "still.mp4")
    assert perceive(happy, [make_tool("action_units")]).of("au25")
