"""Sets of words score as MER2024-OV's official files do, to the last digit."""

import zipfile

import numpy as np
import pytest

from evals.errors import DatasetError
from evals.metrics.open_vocabulary import label_list, read_word_groups, set_scores, word_groups


def test_the_official_files_give_the_official_scores(mer2024_ov):
    gold, predicted, groups = mer2024_ov
    scores = set_scores(gold, predicted, groups)
    assert scores.accuracy.value == 0.581777108433735
    assert scores.recall.value == 0.4977911646586345
    assert scores.average.value == 0.5397841365461847
    assert scores.average.n == 332


def test_words_of_one_group_are_one_and_a_silent_sample_scores_nothing():
    gold = [["happy", "calm"], ["sad"]]
    groups = [[["happy", "joyful", "glad"]], []]
    scores = set_scores(gold, [["joyful", "glad", "angry"], None], groups)
    assert scores.accuracy.value == pytest.approx((1 / 2 + 0) / 2), "joyful and glad are one word"
    assert scores.recall.value == pytest.approx((1 / 2 + 0) / 2)
    assert scores.recall.coverage == 0.5
    assert set_scores(gold, [["joyful", "glad", "angry"], None]).recall.value == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("['Happy', 'at ease']", ("happy", "at ease")),
        ('["sad"]', ("sad",)),
        ("sad, Afraid", ("sad", "afraid")),
        ("[]", ()),
        ("", ()),
    ],
)
def test_lists_are_read_as_the_challenge_writes_them(text, words):
    assert label_list(text) == words


def test_groups_are_read_from_a_list_of_lists():
    assert word_groups("[['happy', 'joyful'], ['calm'], []]") == (("happy", "joyful"), ("calm",))


def test_a_sample_without_gold_and_a_file_that_is_no_zip_are_refused(tmp_path):
    with pytest.raises(ValueError, match="sample 1 has no gold words"):
        set_scores([["sad"], []], [["sad"], ["sad"]])
    (tmp_path / "no.zip").write_text("nothing")
    with pytest.raises(DatasetError, match="can't be read as MER2024's synonyms"):
        read_word_groups(tmp_path / "no.zip")


def test_a_pickle_among_the_synonyms_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array({"a": 1}, dtype=object), allow_pickle=True)
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.write(tmp_path / "a.npy", "a.npy")
    with pytest.raises(DatasetError, match="can't be read"):
        read_word_groups(tmp_path / "bad.zip")
