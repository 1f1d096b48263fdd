"""What can go wrong with a model."""

from typing import Literal

from agents.report import TokenUse
from perception.errors import MentalisError

Medium = Literal["video", "image", "audio"]


class ModelError(MentalisError):
    """A model that can't be reached, refuses, or can't be loaded; `tokens` are those spent in vain."""

    def __init__(self, message: str, tokens: TokenUse | None = None) -> None:
        super().__init__(message)
        self.tokens = tokens or TokenUse()


class ModelAnswerError(ModelError):
    """A model whose answers never were valid, however often it was asked."""


class ContextOverflow(ModelError):
    """More was sent than the model's context holds."""


class MediaRefused(ModelError):
    """A model that does not take what was sent beside text; which medium, and how many of it, where it was told."""

    def __init__(self, message: str, medium: Medium | None = None, at_most: int = 0) -> None:
        super().__init__(message)
        self.medium, self.at_most = medium, at_most


class WrongAnswer(Exception):
    """An endpoint's answer that is none of the API; the message is what it should have been."""
