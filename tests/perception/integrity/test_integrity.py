"""The tool as a whole: real recordings raise no alarm, a detector's score is told as its own, nothing is a verdict."""

import re
import sys
from pathlib import Path

import pytest

from perception.clip import Clip
from perception.errors import ToolError
from perception.integrity.detector import Score
from perception.scheduler import perceive
from perception.tool import make_tool

ROOT = Path(__file__).parents[3]
HARMLESS = {"encoder_signature", "coded_twice", "edited", "repeated_pictures", "skin_rhythm", "lip_sync"}
VERDICT = re.compile(r"\b(fake|forged|deepfake|manipulated|genuine|authentic)\b", re.IGNORECASE)


def test_real_recordings_show_only_traces_that_have_harmless_causes(shared):
    for name in ("single_face_2s.mp4", "no_face.mp4", "face_then_none_vfr.mov"):
        evidence = perceive(Clip.open(shared / "clips" / name), [make_tool("integrity")])
        assert {o.kind for o in evidence.observations if o.tool == "integrity"} <= HARMLESS, name
        assert not any(VERDICT.search(o.text) for o in evidence.observations)


def test_a_face_that_hardly_moves_is_no_picture_that_stands_still(demo):
    evidence = perceive(Clip.open(demo.clip), [make_tool("integrity")])
    assert {o.kind for o in evidence.observations if o.tool == "integrity"} == {"encoder_signature", "skin_rhythm"}


@pytest.fixture
def plug(tmp_path, monkeypatch):
    """Write a module with detectors and make it importable."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "their_model.py").write_text(
        "def by_path(path):\n    return 'Their model', 0.875 if path.is_file() else 0\n"
        "def by_frames(frames):\n    return 'Counter', min(1.0, sum(1 for _ in frames) / 100)\n"
        "def too_sure(path):\n    return 'Odd', 7\n"
        "def wordless(path):\n    return 'yes'\n"
        "def broken(path):\n    raise KeyError('weights')\n"
        "def nameless(path):\n    return ' ', 0.5\n"
        "def yes_or_no(path):\n    return 'Odd', True\n"
        "def leaving(path):\n    raise SystemExit(3)\n"
        "def needy(path, key):\n    return None\n"
    )
    yield "their_model"
    sys.modules.pop("their_model", None)


@pytest.mark.parametrize(("name", "score"), [("by_path", 0.875), ("by_frames", 0.24)])
def test_the_score_of_a_detector_is_told_with_its_name(plug, make_clip, name, score):
    evidence = perceive(Clip.open(make_clip()), [make_tool("integrity", detector=f"{plug}:{name}")])
    (told,) = evidence.of("forgery_score")
    assert told.value == pytest.approx(score)
    assert "it was not checked here" in told.text
    assert not VERDICT.search(told.text)


@pytest.mark.parametrize("name", ["too_sure", "wordless", "broken", "leaving", "nameless", "yes_or_no"])
def test_a_detector_that_fails_is_told_and_takes_no_other_trace_with_it(plug, make_clip, name):
    evidence = perceive(Clip.open(make_clip()), [make_tool("integrity", detector=f"{plug}:{name}")])
    run = next(r for r in evidence.tools if r.tool == "integrity")
    assert (run.status, run.notes["detector"]) == ("ok", f"{plug}:{name} failed")
    assert evidence.of("encoder_signature")
    (told,) = [a.reason for a in evidence.abstentions if a.tool == "integrity" and "detector" in a.reason]
    assert told.startswith(f"integrity.detector={plug}:{name} gave no score")
    assert not evidence.of("forgery_score")


def test_the_detector_of_the_documentation_works(tmp_path, monkeypatch, make_clip):
    code = (ROOT / "docs" / "integrity.md").read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mydetector.py").write_text(f"def my_model(rgb):\n    return rgb.max() / 255 * 0\n{code}")
    evidence = perceive(Clip.open(make_clip()), [make_tool("integrity", detector="mydetector:forged")])
    (told,) = evidence.of("forgery_score")
    assert "my model 1.2 gives 0.00 of 1" in told.text


@pytest.mark.parametrize("reference", ["their_model:nothing", "no_such_module:x", "their_model:needy", "their_model"])
def test_a_detector_that_is_none_is_refused(plug, reference):
    with pytest.raises(ToolError, match=r"integrity\.detector="):
        make_tool("integrity", detector=reference)


def test_a_score_is_a_name_and_a_number():
    assert Score("a", 0.5) == ("a", 0.5)
