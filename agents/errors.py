"""What can go wrong with a model."""

from agents.report import TokenUse
from perception.errors import MentalisError


class ModelError(MentalisError):
    """A model that can't be reached, refuses, or can't be loaded; `tokens` are those spent in vain."""

    def __init__(self, message: str, tokens: TokenUse | None = None) -> None:
        super().__init__(message)
        self.tokens = tokens or TokenUse()


class ModelAnswerError(ModelError):
    """A model whose answers never were valid, however often it was asked."""


class ContextOverflow(ModelError):
    """More was sent than the model's context holds."""
