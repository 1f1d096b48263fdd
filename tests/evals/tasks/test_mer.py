"""The MER challenges' tables are read, judged from words or clips, and scored by their own metrics."""

import json
import zipfile

import numpy as np
import pytest
from scripted_endpoint import scripted_endpoint

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from task_running import outcome_of, run

from evals.errors import DatasetError
from evals.tasks.mer import MER_MULTI, mer_multi, mer_six, read_multi, read_six
from evals.tasks.mer_cross import mer_cross
from evals.tasks.mer_cross import read as read_cross
from evals.tasks.mer_open import MER_FG, MER_OV, mer_ov, read_on_wheels, read_sets
from evals.tasks.mer_prefer import mer_prefer
from evals.tasks.mer_prefer import read as read_prefer

WORDS = "name,chinese,english\na1,太好了,I love this wonderful day\na2,,\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "subtitle_chieng.csv").write_text(WORDS, encoding="utf-8")
    return tmp_path


def write(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_six_emotions_are_judged_by_words_and_silence_counts_as_wrong(folder):
    metrics, samples = run(mer_six, write(folder, "labels.csv", "name,discrete\na1,happy\na2,sad\n"))
    assert (metrics["accuracy"], metrics["coverage"], metrics["n"]) == (0.5, 0.5, 2)
    assert "neither a clip nor a word" in outcome_of(samples[1])["failures"][0]


def test_valence_is_the_codebooks_in_the_challenges_unit(folder):
    write(folder, "labels.csv", "name,discrete,valence\na1,happy,3\n")
    metrics, _ = run(mer_multi, folder)
    assert metrics["weighted_f1"] == 1
    assert metrics["valence_mse"] == pytest.approx(1), "0.8 of 5 is 4"
    assert metrics["combined"] == pytest.approx(0.75)
    gold = [{"discrete": "happy", "valence": 3.0}]
    assert float(MER_MULTI.metrics["valence_mse"](gold, [None])) == 9, "no answer is a valence of 0"


def test_merbenchs_tests_are_read_and_only_some_have_valence(folder):
    parts = {"test1_corpus": ("a1", -0.25), "test2_corpus": ("a2", 0.0), "test3_corpus": ("a3", -10)}
    write(folder, "subtitle_chieng.csv", WORDS + "a3,,hm\n")
    arrays = {part: np.array({n: {"emo": "sad", "val": v}}, dtype=object) for part, (n, v) in parts.items()}
    np.savez_compressed(folder / "label-6way.npz", **arrays)
    assert [(i.id, i.strata["part"]) for i in read_six(folder)] == [("a1", "MULTI"), ("a2", "NOISE"), ("a3", "SEMI")]
    assert [i.gold[0]["valence"] for i in read_multi(folder)] == [-0.25, 0.0]


def test_open_words_are_compared_by_the_groups_of_their_own_sample(folder):
    write(folder, "openset.csv", "name,openset\na1,\"['glad', 'Amused']\"\n")
    np.save(folder / "a1.npy", np.array("[['happy', 'glad'], ['amused']]"))
    with zipfile.ZipFile(folder / "openset-synonym.zip", "w") as archive:
        archive.write(folder / "a1.npy", "openset-synonym/a1.npy")
    (item,) = read_sets(folder)
    scores = {name: float(metric(item.gold, [["happy", "sad"]])) for name, metric in MER_OV.metrics.items()}
    assert scores == {"average": 0.5, "accuracy": 0.5, "recall": 0.5}
    assert run(mer_ov, folder)[0]["n"] == 1


def test_official_files_give_the_official_scores(shared, tmp_path, mer2024_ov):
    official, wheels = shared / "data" / "mer2024_ov", shared / "data" / "emotion_wheels"
    for file in (*official.iterdir(), wheels / "wheel_mapping.npz"):
        (tmp_path / file.name).symlink_to(file)
    _, predicted, _ = mer2024_ov
    names = [line.split(",")[0] for line in (official / "check-openset.csv").read_text("utf-8-sig").splitlines()[1:]]
    write(tmp_path, "subtitle_chieng.csv", "name,english\n" + "".join(f"{name},hm\n" for name in names))
    gold = {b.name: {i.id: i.gold[0] for i in b.read(tmp_path)} for b in (MER_OV, MER_FG)}
    order = sorted(names)  # of the groups, and so of what is predicted
    sets = {k: float(m([gold["mer_ov"][n] for n in order], predicted)) for k, m in MER_OV.metrics.items()}
    assert sets == {"accuracy": 0.581777108433735, "recall": 0.4977911646586345, "average": 0.5397841365461847}
    on_wheels = {k: float(m([gold["mer_fg"][n] for n in order], predicted)) for k, m in MER_FG.metrics.items()}
    assert round(on_wheels["ew_f1_level1"], 4) == 0.5546
    assert round(on_wheels["ew_f1_level2"], 4) == 0.4246


def test_the_preferred_description_is_chosen_by_its_letter(folder):
    table = "name,a1,a2,preference\na1,He is glad.,He is sad.,a1\na1,He is sad.,He is glad.,a2\na1,Glad.,Happy.,same\n"
    write(folder, "track3_emoprefer.csv", table)

    def says(request):
        text = str(request["messages"])
        return (
            200,
            json.dumps({"preference": {"reason": "So it is.", "answer": "AB"["B: a2: He is glad" in text]}}),
            "stop",
        )

    with scripted_endpoint(says, served={"m": 32_000}) as endpoint:
        metrics, _ = run(mer_prefer, folder, model="m", base_url=endpoint.url)
    assert (metrics["weighted_f1"], metrics["accuracy"], metrics["n"]) == (1, 1, 3), "a pair liked alike is left out"


def test_a_listener_is_asked_about_in_a_clip_with_words(folder, make_clip):
    (folder / "video").mkdir()
    make_clip("video/a1.mp4", frames=12, rate=12)
    write(folder, "track1_test.csv", "name,discrete\na1,happy\n")
    (item,) = read_cross(folder)
    assert item.given == {"about": "listener", "asked": [1]}
    _, (sample,) = run(mer_cross, folder, tools="faces")
    assert outcome_of(sample)["predictions"][0]["abstained"], "nobody is in view"
    assert json.loads(outcome_of(sample)["report"])["about"] == "listener"


@pytest.mark.parametrize(
    ("read", "name", "text", "says"),
    [
        (read_six, "labels.csv", "name,emotion\na1,happy\n", r"labels.csv: no column discrete; rename or add it"),
        (read_six, "labels.csv", "name,discrete\na1,joy\n", r"line 2, column discrete: 'joy' is none of neutral"),
        (
            read_six,
            "labels.csv",
            "name,discrete\nb9,sad\n",
            r"b9, there is neither a video .* nor a line",
        ),
        (read_six, "labels.csv", "name,discrete\na1,sad\na1,sad\n", r"column name: a1 comes twice"),
        (read_six, "nothing.csv", "", r"there is no labels.csv or .*; write it \(columns name, discrete"),
        (
            read_multi,
            "labels.csv",
            "name,discrete,valence\na1,sad,low\n",
            r"line 2, column valence: 'low'",
        ),
        (read_multi, "labels.csv", "name,discrete\na1,sad\n", r"a1: there is no valence"),
        (read_sets, "openset.csv", "name,openset\na1,[]\n", r"a1, column openset: there is no word"),
        (read_sets, "openset.csv", "name,openset\na1,[sad]\n", r"there is no openset-synonym.zip; download it"),
        (
            read_on_wheels,
            "openset.csv",
            "name,openset\na1,[sad]\n",
            r"there is no wheel_mapping.npz",
        ),
        (
            read_prefer,
            "preferences.csv",
            "name,a1,a2,preference\na1,x,y,b\n",
            r"preference: 'b' is none of a1",
        ),
        (
            read_cross,
            "labels.csv",
            "name,discrete\na1,sad\n",
            r"a1: there is no video/a1.mp4; who",
        ),
    ],
)
def test_wrong_folders_are_told_what_is_wrong(folder, read, name, text, says):
    with pytest.raises(DatasetError, match=says):
        read(write(folder, name, text))
