"""Whether statements about a clip hold: predict, explain, predict again, with modality and emotion knowledge.

After PEP-MEK (EmotionHallucer, arXiv 2505.11405); the prompts are ours. A verification is one conversation: each
step is an agent, and its answer stands before the next one's task.
"""

import re
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, create_model

from agents.agent import Agent
from agents.claims import INK, Line, one_line
from perception.evidence import Frozen

MOST_STATEMENTS = 12  # of one conversation: their explanations have to fit an answer
MOST_CANDIDATES = 4
YES, NO = "YES", "NO"

T = TypeVar("T", bound=Frozen)

Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=40),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z][A-Za-z ,-]{0,39}$"}),
]
Finding = Literal["right", "wrong", "not stated"]


def worded(text: str) -> str:
    """Text as one short line that has a word in it."""
    line = one_line(text)
    if not re.search(r"[^\W\d_]{2}", line):
        raise ValueError("there is no word in it")
    return line


Reason = Annotated[  # three letters in a row are a word to a grammar; 240 characters, as in any line
    str,
    AfterValidator(worded),
    WithJsonSchema({"type": "string", "pattern": rf"^[{INK}][ {INK}]{{0,39}}[A-Za-z]{{3,3}}[ {INK}]{{0,197}}$"}),
]


class Statement(NamedTuple):
    """Something that may hold of a clip or not."""

    id: str
    text: str


class Candidate(Frozen):
    """An emotion that could be shown, and by what."""

    emotion: Word
    cue: Line
    intensity: Literal["low", "medium", "high"]
    cause: Line


class Notes(Frozen):
    """Modality knowledge (what each channel shows) and emotion knowledge (what that may mean)."""

    face: Line
    body: Line
    voice: Line
    words: Line
    scene: Line
    who: Line
    candidates: Annotated[tuple[Candidate, ...], Field(max_length=MOST_CANDIDATES)]


class Explanation(Frozen):
    """Why a statement was held to be true or not, checked part by part."""

    reason: Reason
    category: Finding
    intensity: Finding
    cue: Finding
    conclusion: Finding
    person: Finding


class Explanations(Frozen):
    """An explanation of each statement; the fields, made for each question, are the statements' ids."""


class Answers(Frozen):
    """YES or NO to each statement; the fields, made for each question, are the statements' ids."""


def take_notes() -> Agent[Notes]:
    """Observe, and recall what is known of such signs; nothing is answered yet."""
    knowledge = ("facs", "contradictions")
    return Agent(
        name="notes", prompt="pep_notes.md", output=Notes, narrowed=lambda case: Notes, knowledge=knowledge
    )  # fmt: skip


def predict(statements: tuple[Statement, ...], *, again: bool = False) -> Agent[Answers]:
    """Say of each statement whether it holds; `again` after an explanation."""
    output = _one_each(Answers, Literal["YES", "NO"], statements)
    return Agent(
        name="predict",
        prompt="pep_predict_again.md" if again else "pep_predict.md",
        output=output,
        narrowed=lambda case: output,
        choice="answer",
        given={"statements": statements},
    )


def explain(statements: tuple[Statement, ...]) -> Agent[Explanations]:
    """Explain the predictions, and verify each part of every statement."""
    output = _one_each(Explanations, Explanation, statements)
    return Agent(name="explain", prompt="pep_explain.md", output=output, narrowed=lambda case: output)


def holds(answers: Answers) -> dict[str, bool]:
    """Whether each statement holds, by its id."""
    return {id_: said == YES for id_, said in answers.model_dump().items()}


def reasons_in(explanations: Explanations) -> dict[str, str]:
    """Why each statement holds or not, by its id."""
    return {id_: explained["reason"] for id_, explained in explanations.model_dump().items()}


def _one_each(form: type[T], kind: Any, statements: tuple[Statement, ...]) -> type[T]:
    """The form with a field for each statement, so that none can be left out."""
    fields: dict[str, Any] = {s.id: (kind, ...) for s in statements}
    made: type[T] = create_model(form.__name__, __base__=form, **fields)
    return made
