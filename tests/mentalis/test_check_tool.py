"""Our tools keep the contract, and the suite notices one that does not."""

import numpy as np
import pytest

from mentalis.testing import check_tool
from perception.evidence import Findings
from perception.tool import BUILT_IN, make_tool, tool


@pytest.mark.parametrize("name", BUILT_IN)
def test_our_tools_conform(name):
    check_tool(make_tool(name))


@tool(needs="faces", version="1")
def forgets_nothing():
    """Keep state from run to run."""
    runs = []

    def run(clip, faces):
        runs.append(1)
        found = Findings()
        for n in range(len(runs)):
            found.event(None, "run", 0.0, 0.1, value=n, text="seen", confidence=1.0, quality=1.0)
        return found

    return run


def test_a_tool_that_answers_differently_each_time_does_not():
    with pytest.raises(AssertionError, match="another answer"):
        check_tool(forgets_nothing())


@tool(needs="faces", version="1")
def fills_gaps():
    """Measure at an even rate, whether or not the face is there."""

    def run(clip, faces):
        found = Findings()
        for face in faces:
            times_s = np.arange(face.times_s[0], face.times_s[-1], 0.1)
            found.signal(face.person, "made_up", np.ones_like(times_s), times_s, unit="ratio")
        if not faces:
            found.abstain(None, "no face was found")
        return found

    return run


def test_a_tool_that_measures_what_was_not_seen_does_not():
    with pytest.raises(AssertionError, match="samples in a gap"):
        check_tool(fills_gaps())
