"""The sentences of a text."""

import re

from agents.reading.quotations import QUOTED

ABBREVIATED = r"(?<!\bapprox\.)(?<!\bca\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bno\.)"
END = re.compile(rf"(?<=[.!?…;]){ABBREVIATED}[\"”'’)]*\s+", re.IGNORECASE)


def sentences(text: str) -> list[str]:
    """A text cut after each sentence, and at semicolons; never within a quotation."""
    quotes = [match.span() for match in QUOTED.finditer(text)]
    ends = [m.end() for m in END.finditer(text) if not any(a < m.start() and m.end() <= b for a, b in quotes)]
    cut = [text[a:b].strip() for a, b in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [sentence for sentence in cut if sentence]
