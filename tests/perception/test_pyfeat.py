"""py-feat in its own environment: what its table says becomes findings, and what is missing or wrong is a line.

py-feat itself is stood in for by a module of its names in an environment that is made on the spot.
"""

import sys

import numpy as np
import pytest

from mentalis.testing import face_track
from perception.action_units import action_units
from perception.clip import Clip
from perception.errors import ToolError
from perception.evidence import Findings
from perception.pyfeat_environment import install, measure, why_not
from perception.pyfeat_units import read_pyfeat, tell_pyfeat
from perception.tool import make_tool

HEAD = "frame,FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU01,AU12,AU45"
TIMES_S = np.arange(60) / 24


def rows(frames, *, x=100, au12=(0.1,) * 60, score=0.99):
    return [f"{n},{x},50,80,80,{score},0.05,{au12[n]},0.2" for n in frames]


def table(*parts):
    return "\n".join((HEAD, *(line for part in parts for line in part)))


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment that looks as py-feat's own: this Python, and `feat` with the names that the script uses."""
    folder = tmp_path / "env"
    packages = folder / "lib" / "python3.11" / "site-packages"
    (packages / "feat").mkdir(parents=True)
    (packages / "py_feat-2.1.5.dist-info").mkdir()
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    python.write_text(f'#!/bin/sh\nshift\nexport PYTHONPATH={packages}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (packages / "torch.py").write_text("class cuda:\n    is_available = staticmethod(lambda: False)\n")
    (packages / "feat" / "__init__.py").write_text("")
    (packages / "feat" / "data.py").write_text(
        "class Fex:\n    def compute_identities(self, **o):\n        raise SystemExit('recognised')\n"
    )
    (packages / "feat" / "detector_v2.py").write_text(DETECTOR)
    monkeypatch.setenv("MENTALIS_PYFEAT", str(folder))
    return folder


DETECTOR = """
from feat.data import Fex

class Table(Fex):
    columns = "frame FaceRectX FaceRectY FaceRectWidth FaceRectHeight FaceScore AU01 AU12 Happy Identity_1".split()
    def __getitem__(self, names):
        self.names = names
        return self
    def to_numpy(self):
        return self
    def tolist(self):
        row = dict(zip(self.columns, (0, 100, 50, 80, 80, 0.99, 0.05, 0.9, 1, 7)))
        return [[{**row, "frame": n}[name] for name in self.names] for n in range(24)]

class Detectorv2:
    def __init__(self, device, identity_model):
        assert device == "cpu" and identity_model is None
    def detect(self, clip, data_type, batch_size, progress_bar):
        if "bad" in clip:
            raise RuntimeError("no weights: the hub can't be reached")
        table = Table()
        table.compute_identities(threshold=0.8, inplace=True)
        return table
"""


def test_the_script_writes_boxes_and_units_and_recognises_nobody(environment, make_clip):
    written = measure(make_clip())
    assert written.splitlines()[0] == "frame,FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU01,AU12"
    (track,) = read_pyfeat(written, TIMES_S)
    assert track.units[12] == pytest.approx(0.9)
    assert len(track.frames) == 24


def test_units_are_told_by_the_tool_as_probabilities_without_intensity(environment, make_clip):
    clip = Clip.open(make_clip())
    found = action_units(engine="pyfeat")(clip, faces=[])
    (smile,) = found.events("au12")
    assert (smile.person, smile.value, smile.start_s) == ("P1", None, 0.0)
    assert smile.end_s == pytest.approx(clip.duration_s)
    assert smile.confidence == pytest.approx(0.9 * 0.99)
    assert found.notes["engine"] == "py-feat 2.1.5"
    assert {s.name for s in found.signals} == {"AU1_probability", "AU12_probability"}


def test_what_py_feat_says_when_it_fails_is_told(environment, make_clip):
    with pytest.raises(ToolError, match=r"py-feat failed on bad\.mp4: RuntimeError: no weights"):
        measure(make_clip("bad.mp4"))


def test_without_its_environment_the_reason_is_a_line(tmp_path, monkeypatch):
    monkeypatch.setenv("MENTALIS_PYFEAT", str(tmp_path))
    with pytest.raises(
        ToolError, match="py-feat's own environment is not here: mentalis weights install-pyfeat"
    ) as told:
        make_tool("action_units", engine="pyfeat")
    assert "\n" not in str(told.value)


def test_an_environment_without_py_feat_is_told(environment):
    (environment / "lib" / "python3.11" / "site-packages" / "feat" / "detector_v2.py").unlink()
    assert "holds no py-feat 2" in str(why_not())


def test_no_environment_is_made_over_something_else(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ToolError, match="is not empty and no environment"):
        install(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def told(content, make_clip, monkeypatch, faces=()):
    monkeypatch.setattr("perception.pyfeat_units.measure", lambda path: content)
    found = Findings()
    tell_pyfeat(Clip.open(make_clip(frames=60)), faces, found)
    return found


def test_faces_are_followed_by_their_place_and_a_smile_is_told_of_its_own_face(make_clip, monkeypatch):
    smiles = [0.9 if 20 <= n < 40 else 0.1 for n in range(60)]
    content = table(rows(range(60)), rows(range(60), x=400, au12=smiles))
    found = told(content, make_clip, monkeypatch)
    (smile,) = found.events("au12")
    assert smile.person == "P2"
    assert (smile.start_s, smile.end_s) == pytest.approx((20 / 24, 40 / 24))


def test_the_face_is_the_persons_who_was_followed_there(make_clip, monkeypatch):
    face = face_track(seconds=2.5, rate_hz=24, person="P7", size=640)
    left, top = face.landmarks[0, :, :2].min(axis=0)
    wide, high = np.ptp(face.landmarks[0, :, :2], axis=0)
    lines = [f"{n},{left},{top},{wide},{high},0.99,0.05,0.9,0.2" for n in range(60)]
    (smile,) = told(table(lines), make_clip, monkeypatch, [face]).events("au12")
    assert smile.person == "P7"


@pytest.mark.parametrize(
    "smiles",
    [[0.9 if n in (5, 6) else 0.1 for n in range(60)], [0.6 if 5 <= n < 30 else 0.1 for n in range(60)]],
    ids=["too short", "never sure"],
)
def test_what_flickers_or_is_hardly_probable_is_no_event(make_clip, monkeypatch, smiles):
    assert not told(table(rows(range(60), au12=smiles)), make_clip, monkeypatch).events("au12")


def test_an_event_does_not_bridge_pictures_without_the_face(make_clip, monkeypatch):
    seen = [n for n in range(60) if not 20 <= n < 35]
    found = told(table(rows(seen, au12=[0.9] * 60)), make_clip, monkeypatch)
    assert not [o for o in found.events("au12") if o.start_s < 20 / 24 and o.end_s > 35 / 24]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("frame,AU12\n0,0.5", "no column FaceRectX"),
        (table(["0,1,1,9,9,0.9,much,0.1,0"]), "not whole"),
        (table(rows([59, 60], au12=[0.1] * 61)), "tells of picture 60; the clip has 60"),
        (table(rows(range(5), au12=[3.0] * 5)), "outside 0-1"),
    ],
)
def test_another_table_is_refused_in_a_line(content, why):
    with pytest.raises(ToolError, match=why):
        read_pyfeat(content, TIMES_S)


def test_nothing_found_is_an_abstention(make_clip, monkeypatch):
    found = told(table(rows(range(5), score=0.1)), make_clip, monkeypatch)
    assert "no face was found by py-feat" in found.abstentions[0].reason
