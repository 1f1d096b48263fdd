"""MUStARD++ is read scene by scene, the labelled row last."""

import pytest

pytest.importorskip("inspect_ai", reason="the evals extra is not installed")
from task_running import run

from evals.errors import DatasetError
from evals.tasks.mustard_pp import mustard_pp, read

HEADER = (
    "SCENE,KEY,SENTENCE,END_TIME,SPEAKER,SHOW,Sarcasm,Sarcasm_Type,Implicit_Emotion,Explicit_Emotion,Valence,Arousal"
)
CONTEXT = '1_1,1_1_c_00,"I broke it,\nsorry.",0:06,ANNA,BBT,,,,,,'
SARCASTIC = "1_1,1_1_u,This is a wonderful success.,0:07,BEN,BBT,1,PRO,Anger,Happiness,2,7"
SINCERE = "1_2,1_2_u,I am so sad and hurt.,0:03,ANNA,BBT,0,NONE,Sadness,Sadness,3,3"


def write(folder, *rows):
    (folder / "mustard++_text.csv").write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    return folder


def test_the_labelled_utterance_is_asked_with_its_scene(tmp_path):
    first, second = read(write(tmp_path, CONTEXT, SARCASTIC, SINCERE))
    assert [u.speaker for u in first.words] == ["ANNA", "BEN"]
    assert (first.gold, second.gold) == ((True,), (False,))
    assert first.strata == {"show": "BBT", "type": "PRO", "emotion": "hidden"}
    assert second.strata["emotion"] == "open"


def test_it_runs_on_words_alone(tmp_path):
    metrics, _ = run(mustard_pp, write(tmp_path, CONTEXT, SARCASTIC, SINCERE))
    assert metrics["n"] == 2
    assert 0 <= metrics["weighted_f1"] <= 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([CONTEXT], r"scene 1_1, column Sarcasm: it is set in 0 rows; set it in the last row alone"),
        ([SARCASTIC, CONTEXT], "set it in the last row alone"),
        ([SARCASTIC.replace(",1,PRO", ",yes,PRO")], "column Sarcasm: 'yes' is none of 0, 1"),
    ],
)
def test_a_wrong_table_is_told_what_is_wrong(tmp_path, rows, says):
    with pytest.raises(DatasetError, match=says):
        read(write(tmp_path, *rows))


def test_a_missing_column_is_named(tmp_path):
    (tmp_path / "mustard++_text.csv").write_text("SCENE,KEY\n1,2\n", encoding="utf-8")
    with pytest.raises(DatasetError, match=r"mustard\+\+_text.csv: no column SENTENCE"):
        read(tmp_path)
