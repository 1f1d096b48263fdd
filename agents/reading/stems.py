"""Words without their endings, so that a question and a report meet: smile, smiles, smiling."""

import re

ENDING = re.compile(r"(?<=\w{3})(?:iness|ings?|ied|ies|ed|es|s|e|y)$")


def stems(text: str) -> tuple[str, ...]:
    """The words of a text in lower case without common English endings: smile, smiles, smiling become one."""
    return tuple(_stem(word) for word in re.findall(r"[^\W_]+", text.lower().replace("'s ", " ")))


def _stem(word: str) -> str:
    """Crude, but the same for question and report; a doubled last consonant ("nodding") becomes one; digits stay."""
    short = ENDING.sub("", word)
    return re.sub(r"([^aeiou\d])\1$", r"\1", short)
