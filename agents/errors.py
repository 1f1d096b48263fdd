"""What can go wrong with a model."""

from perception.errors import MentalisError


class ModelError(MentalisError):
    """A model that can't be reached, refuses, or can't be loaded."""


class ModelAnswerError(ModelError):
    """A model whose answers never were valid, however often it was asked."""
