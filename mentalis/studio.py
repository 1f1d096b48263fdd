"""The graphs as LangGraph Studio opens them: `langgraph dev` reads langgraph.json, which names these functions.

Studio shows their steps. A run needs an opened clip and tools, which are no values that a form can hold: runs are
started by the command line, the server or `mentalis.stream`.
"""

from typing import Any

from graphs import chat as chat_graph
from graphs import conversation as conversation_graph
from graphs import incongruity as incongruity_graph
from graphs import mental_state as mental_state_graph
from graphs import pep_mek as pep_mek_graph


def mental_state() -> Any:
    """The product, by the strategy that serves."""
    return mental_state_graph.build()


def pep_mek() -> Any:
    """Statements, verified in full."""
    return pep_mek_graph.build(pep_mek_graph.VARIANTS["pep-mek"])


def conversation() -> Any:
    """The emotion of each utterance."""
    return conversation_graph.build()


def incongruity() -> Any:
    """Words against face and voice."""
    return incongruity_graph.build()


def chat() -> Any:
    """Questions about a clip."""
    return chat_graph.build()
