"""Rises in a series: where they begin and end, and which of them are their own."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perception.events import rises


def test_a_rise_is_above_its_edge_from_onset_to_offset():
    (rise,) = rises(np.array([0, 0.7, 2, 3, 2, 0.7, 0.0]), 1.2, 0.6)
    assert rise == (1, 3, 5)


def test_a_long_low_stretch_before_a_high_peak_is_no_part_of_it():
    values = np.concatenate([np.full(20, 0.9), [2, 5, 5, 5, 2], [0]])
    (rise,) = rises(values, 1.2, 0.6, of_apex=0.25)
    assert (rise.onset, rise.offset) == (20, 24)


def test_two_peaks_with_a_low_stretch_between_are_two():
    values = np.concatenate([[0, 4, 0.8, 0.8, 0.8, 4, 0]])
    assert [(r.onset, r.offset) for r in rises(values, 1.2, 0.6, of_apex=0.25)] == [(1, 1), (5, 5)]


def test_the_shoulder_of_a_peak_is_not_another_one():
    values = np.concatenate([[0], np.full(10, 1.2), [5, 5, 0]])
    assert [(r.onset, r.offset) for r in rises(values, 1.2, 0.6, of_apex=0.25)] == [(11, 12)]


@given(
    values=arrays(np.float64, st.integers(0, 60), elements=st.floats(0, 5)), of_apex=st.sampled_from([0.0, 0.25, 0.6])
)
def test_rises_never_overlap_and_each_reaches_its_peak(values, of_apex):
    found = rises(values, 1.2, 0.6, of_apex)
    for rise in found:
        inside = values[rise.onset : rise.offset + 1]
        assert inside.max() == values[rise.apex] >= 1.2
        assert (inside > max(0.6, of_apex * values[rise.apex])).all()
    assert all(a.offset < b.onset for a, b in pairwise(found))
