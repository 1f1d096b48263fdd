"""What a text quotes or reports as said by others, which it does not claim itself."""

import re
from collections.abc import Iterable, Iterator

LONGEST_SCARE = 2  # words in quotation marks that may be mere irony, and are no quotation unless someone says them
# an apostrophe within a word neither opens nor ends a quotation
QUOTED = re.compile(r"\"([^\"]*)\"|[“„]([^“”]*)[”“]|(?<!\w)['‘]((?:[^'’]|(?<=\w)['’](?=\w))*)['’](?!\w)")
SAYS = (
    r"\b(?:sa(?:y|ys|id|ying)|tell|tells|told|telling|talk\w*|speak\w*|spoke|ask(?:s|ed|ing)?|mention\w*|claim(?:s|ed|ing)?"
    r"|states?|stated|report(?:s|ed)|repl(?:y|ies|ied)|answer(?:s|ed)|words?|according to)\b"
)
SAYS_NEXT = re.compile(rf"{SAYS}[\s,:]*$", re.IGNORECASE)
SAID = re.compile(rf"{SAYS}((?:(?!\b(?:and|while|with|as|but)\b(?!\s+that\b)|;).)*)", re.IGNORECASE | re.DOTALL)

TIME_OF_DAY = re.compile(
    r"\b(?:at |by |until |from |around )?\d{1,2}[:.]\d{2}\b(?! ?(?:s|secs?|seconds?|min|minutes?)\b)", re.IGNORECASE
)


def quotations(text: str) -> Iterator[re.Match[str]]:
    """Where a text quotes: more than two words in quotation marks, or any after a word for saying."""
    for match in QUOTED.finditer(text):
        if len(_words(match[0])) > LONGEST_SCARE or SAYS_NEXT.search(text, 0, match.start()):
            yield match


def unquoted(text: str) -> str:
    """A text without what it quotes."""
    for match in reversed(list(quotations(text))):
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return text


def misquoted(text: str, said: Iterable[str], *, shown: bool = False) -> str | None:
    """A quotation that is in nothing of what was said; none where each is.

    Args:
        text: that quotes.
        said: texts that it may quote.
        shown: there is a picture, in which something may be written; what someone says must have been said.
    """
    known = tuple(said)
    for match in quotations(text):
        written = shown and not SAYS_NEXT.search(text, 0, match.start())
        parts = re.split(r"\.\.\.|…", next(group for group in match.groups() if group is not None))
        if not written and not all(any(occurs(part, one) for one in known) for part in parts if _words(part)):
            return match[0]
    return None


def occurs(quote: str, words: str) -> bool:
    """Whether a quote occurs in words, whatever case, punctuation and kind of apostrophe; an empty one does not."""
    return bool(_words(quote)) and f" {' '.join(_words(quote))} " in f" {' '.join(_words(words))} "


def reported(text: str) -> tuple[str, str]:
    """What a text says itself, and what it reports that someone says: "P1 says | that she smiled | and nods"."""
    return SAID.sub(" ", text), " ".join(match[1] for match in SAID.finditer(text))


def own_words(text: str) -> str:
    """A text without what it quotes, and without times of day in what it reports: "P1 says that they meet at 9:30"."""
    return SAID.sub(lambda said: TIME_OF_DAY.sub(" ", said[0]), unquoted(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
