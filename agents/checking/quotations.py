"""What a text quotes: words of others, which it does not claim itself."""

import re

# an apostrophe within a word opens no quotation
QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|(?<!\w)['‘][^'’]*['’](?!\w)")


def unquoted(text: str) -> str:
    """A text without what it quotes."""
    return QUOTED.sub(" ", text)
