"""What LangGraph Studio reads."""

import json
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = json.loads((ROOT / "langgraph.json").read_text())["graphs"]


@pytest.mark.parametrize("name", NAMED)
def test_studio_finds_each_graph_and_its_steps(name):
    path, _, function = NAMED[name].partition(":")
    module = import_module(".".join(Path(path).with_suffix("").parts))
    steps = getattr(module, function)().get_graph().nodes
    assert len(steps) > 3  # beside start and end
