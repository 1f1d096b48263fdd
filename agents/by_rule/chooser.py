"""A choice without a model: the option whose words sound most like the text's, where a lexicon can tell."""

from typing import NamedTuple

from agents.choosing import Question
from perception.lexicon import is_english, valence

LEAST_VALENCE = 0.05  # VADER calls a text neutral below (Hutto & Gilbert 2014)
CONFIDENCE = 0.3  # a guess by the sound of words


class Guess(NamedTuple):
    """An option, and how sure the guess is."""

    option: str
    confidence: float


def guess(text: str, question: Question) -> Guess | None:
    """The option nearest to the text in lexical valence; none where text or options have none, or are not English.

    Of options as near the first is taken. Where several may hold nothing is guessed.
    """
    if question.several or not is_english(text, None) or abs(sound := valence(text)) < LEAST_VALENCE:
        return None
    distances = [abs(valence(option) - sound) for option in question.options]
    if max(distances) - min(distances) < LEAST_VALENCE:
        return None
    return Guess(question.options[distances.index(min(distances))], CONFIDENCE)
