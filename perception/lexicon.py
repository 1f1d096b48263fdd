"""Whether words sound positive or negative, for the one language whose lexicon is here."""

import re
from functools import cache
from typing import Any

ENGLISH = (
    "the",
    "and",
    "is",
    "it",
    "you",
    "to",
    "of",
    "that",
    "i",
    "this",
    "what",
    "not",
    "we",
    "a",
    "was",
    "for",
    "in",
)
SURE_SHARE = 0.12  # of words that must be such function words before a text counts as English
FEWEST_WORDS = 6  # in the whole transcript before its language is guessed at all


def is_english(text: str, language: str | None) -> bool:
    """Whether the language is English: as stated, else guessed from function words; unsure is no."""
    if language is not None:
        return language.lower().replace("_", "-").split("-")[0] in ("en", "eng", "english")
    words = re.findall(r"[^\W\d_]+", text.lower())
    return len(words) >= FEWEST_WORDS and sum(w in ENGLISH for w in words) >= SURE_SHARE * len(words)


def valence(text: str) -> float:
    """Lexical valence in [-1, 1] with negation and intensifiers (VADER; Hutto & Gilbert 2014)."""
    return float(_vader().polarity_scores(text)["compound"])


@cache
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
