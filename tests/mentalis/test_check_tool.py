"""Our tools keep the contract, and the suite notices one that does not."""

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
