"""MER2024-OV's official sample files, which are kept beside the checkout."""

import csv

import pytest

from evals.metrics.open_vocabulary import label_list, read_word_groups


@pytest.fixture(scope="session")
def mer2024_ov(shared):
    """Gold words, predicted words and groups of synonyms of 332 samples, in one order."""
    folder = shared / "data" / "mer2024_ov"
    if not folder.is_dir():
        pytest.skip("MER2024-OV's sample files (MERTools, MER2024/ov_store) are not here")
    gold, predicted = (_words(folder / name) for name in ("check-openset.csv", "predict-openset.csv"))
    groups = read_word_groups(folder / "openset-synonym.zip")
    return [gold[name] for name in groups], [predicted[name] for name in groups], list(groups.values())


def _words(file):
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return {row["name"]: label_list(row["openset"]) for row in csv.DictReader(rows)}
