"""What lies somewhere at the server is called what its client calls it: no path is told."""

from collections.abc import Mapping
from typing import Any


def renamed(told: Any, names: Mapping[str, str]) -> Any:
    """Plain values (text, lists and dictionaries of them) with each path in a text replaced by its name.

    Values and not JSON: a name with a quote in it would end a text there, and what follows could be read as fields.
    """
    if isinstance(told, str):
        for path, name in names.items():
            told = told.replace(path, name)
        return told
    if isinstance(told, list):
        return [renamed(one, names) for one in told]
    if isinstance(told, dict):
        return {key: renamed(value, names) for key, value in told.items()}
    return told
