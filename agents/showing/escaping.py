"""A clip's words as JSON in which nothing but words can be written: no tag, no special token, nothing hidden."""

import json
import re
import unicodedata
from typing import Any

SUSPECT = re.compile(r"[^\n -;=?-~]")  # all but printable ASCII, and of that < and >
BRACKETED_TOKEN = re.compile(r"\[(?=/?[a-z]?[A-Z_]+\])")  # [INST], [/INST], [gMASK]; no JSON value looks like one
# characters that count as printable and are not seen (Unicode: Default_Ignorable_Code_Point)
IGNORED = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]")


def data_line(value: Any) -> str:
    """A value as one line of JSON, escaped."""
    return escaped(json.dumps(value, ensure_ascii=False))


def escaped(text: str) -> str:
    r"""Text in which `<`, `>` and hidden characters are written as `\u003c`, so that strings of JSON stay the same.

    Neither a tag of a prompt nor a special token of a chat template (`<|im_start|>`, `[INST]`) can be part of it.
    """
    return SUSPECT.sub(_safe, BRACKETED_TOKEN.sub(_code, text))


def _safe(found: re.Match[str]) -> str:
    character = found[0]
    hidden = not character.isprintable() or IGNORED.match(character)
    like_a_tag = set("<>") & set(unicodedata.normalize("NFKC", character))  # tokenizers may normalise
    return _code(found) if hidden or like_a_tag else character


def _code(found: re.Match[str]) -> str:
    return re.sub("....", r"\\u\g<0>", found[0].encode("utf-16-be", "surrogatepass").hex())
