"""Questions about a clip or a text with answers to choose from."""

from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from agents.agent import Agent
from agents.case import Case
from agents.claims import NARROWED_KEPT, Line
from perception.evidence import Frozen

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Question(Frozen):
    """A question and its options; `several` of them may hold, or none."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    asks: str
    options: Annotated[tuple[str, ...], Field(min_length=1, max_length=len(LETTERS))]
    several: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """What the options are called, in their order."""
        return tuple(LETTERS[: len(self.options)])


class Chosen(Frozen):
    """The option that was chosen of a question, and why."""

    reason: Line
    answer: str


class ChosenSeveral(Frozen):
    """The options that were chosen of a question, and why."""

    reason: Line
    answers: tuple[str, ...]


class Choices(Frozen):
    """An answer to each question; the fields, made for the questions, are their ids."""


def choosing(questions: tuple[Question, ...], fence: str) -> Agent[Choices]:
    """Choose an option of each question (several where that is allowed) by what the clip or the text bears out."""
    output = _choices(tuple((q.id, q.letters, q.several) for q in questions))

    def narrowed(case: Case) -> type[Choices]:
        return output

    given = {"questions": [_shown(question) for question in questions], "fence": fence}
    return Agent("choosing", "choosing.md", output, narrowed, choice="answer", given=given)


def chosen(choices: Choices, question: Question) -> tuple[str, ...]:
    """The options that an answer chose."""
    answer = getattr(choices, question.id)
    letters = answer.answers if question.several else (answer.answer,)
    return tuple(dict.fromkeys(question.options[LETTERS.index(letter)] for letter in letters))


def _shown(question: Question) -> dict[str, Any]:
    options = [f"{letter}: {option}" for letter, option in zip(question.letters, question.options, strict=True)]
    return {"id": question.id, "asks": question.asks, "options": options, "several": question.several}


@lru_cache(maxsize=NARROWED_KEPT)
def _choices(asked: tuple[tuple[str, tuple[str, ...], bool], ...]) -> type[Choices]:
    fields: dict[str, Any] = {}
    for id_, letters, several in asked:
        letter: Any = Literal[letters]
        if several:
            some: Any = Annotated[tuple[letter, ...], Field(max_length=len(letters))]
            fields[id_] = (create_model("ChosenSeveral", __base__=ChosenSeveral, answers=(some, ...)), ...)
        else:
            fields[id_] = (create_model("Chosen", __base__=Chosen, answer=(letter, ...)), ...)
    made: type[Choices] = create_model("Choices", __base__=Choices, **fields)
    return made
