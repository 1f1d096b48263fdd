"""Groups keep their samples, and a fold holds one group out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.metrics.grouping import by_group, leave_one_out


def test_each_group_is_scored_by_itself():
    assert by_group(["b", "a", "b"], lambda at: at.tolist()) == {"b": [0, 2], "a": [1]}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=20).filter(lambda groups: len(set(groups)) > 1))
def test_folds_part_the_samples_and_no_group_is_on_both_sides(subjects):
    folds = list(leave_one_out(subjects))
    assert sorted(i for fold in folds for i in fold.test) == list(range(len(subjects)))
    for fold in folds:
        assert {subjects[i] for i in fold.test} == {fold.held_out}
        assert fold.held_out not in {subjects[i] for i in fold.train}
        assert len(fold.train) + len(fold.test) == len(subjects)


def test_one_group_can_not_be_left_out():
    with pytest.raises(ValueError, match="two or more"):
        list(leave_one_out(["s1", "s1"]))
