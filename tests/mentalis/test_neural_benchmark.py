"""The benchmark of the networks times what it names, in the frames that each is given, and keeps a dated result."""

import datetime
import json
import re
import sys

import numpy as np
import pytest

from benchmarks import neural

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

COLUMNS = {"what", "batch", "precision", "frames_per_s", "memory_mb", "off_float32", "device"}


def printed(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["neural", *map(str, arguments)])
    neural.main()
    return capsys.readouterr().out


def test_a_network_is_timed_in_a_process_of_its_own_and_the_result_is_kept_with_its_date(capsys, monkeypatch, tmp_path):
    out = tmp_path / "result.json"
    told = json.loads(
        printed(capsys, monkeypatch, "--networks", "gesture_gcn", "--seconds", 0.01, "--out", out, "--json")
    )
    exact = told["neural"][0]
    assert exact.keys() == COLUMNS
    assert (exact["what"], exact["batch"], exact["precision"], exact["off_float32"]) == ("gesture_gcn", 1, "float32", 0)
    assert exact["frames_per_s"] > 0
    assert exact["device"]
    kept = json.loads(out.read_text(encoding="utf-8"))
    assert kept == {"date": kept["date"], **told}
    assert datetime.date.fromisoformat(kept["date"])


def test_frames_of_all_runs_are_counted_and_the_first_runs_are_not_timed(monkeypatch):
    now, runs = [0.0], []

    def run():
        runs.append(now[0])
        now[0] += 0.5
        return len(runs)

    monkeypatch.setattr(neural.time, "perf_counter", lambda: now[0])
    given, per_s = neural._timed(run, frames=90, seconds=1.9)
    assert len(runs) == neural.WARM_UP + 4
    assert given == len(runs)
    assert per_s == pytest.approx(90 / 0.5)


def test_how_far_apart_two_precisions_are_is_a_share_of_the_largest_value():
    exact, rounded = torch.tensor([1.0, -4.0]), torch.tensor([1.1, -4.0], dtype=torch.bfloat16)
    assert neural._apart(exact, rounded) == pytest.approx(0.1 / 4, abs=0.002)
    assert neural._apart((exact,), (exact,)) == 0


@pytest.mark.parametrize("name", ["physnet", "factorizephys", "physformer", "gesture_gcn"])
def test_a_network_is_given_as_many_frames_as_it_is_told_to_have(name):
    ready = neural.NETWORKS[name](2)
    frames = ready.inputs[0].shape[2]
    assert ready.inputs[0].shape[0] == 2
    assert ready.frames == 2 * frames


def test_gestures_are_timed_as_the_engine_recognises_them():
    from perception.models.gesture_table import class_names, window_of
    from perception.models.skeletons import layout

    ready, skeleton = neural.NETWORKS["gesture_gcn"](2), layout("pose_hands")
    times_s = np.arange(100) / skeleton.rate_hz
    window = window_of(times_s, np.ones((100, len(skeleton.joints), 3), np.float32), 4.0, skeleton)
    assert ready.inputs[0].shape == (2, *window.shape, 1)
    assert ready.module.scores.out_features == len(class_names("imigue")) + 1


def test_a_network_that_there_is_not_is_refused_in_a_line(capsys, monkeypatch):
    with pytest.raises(SystemExit) as ended:
        printed(capsys, monkeypatch, "--networks", "gesture_gcn,resnet")
    assert ended.value.code == 2
    assert re.search(r"no such networks: resnet; there are: physnet, ", capsys.readouterr().err)
