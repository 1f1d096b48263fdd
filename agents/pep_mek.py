"""Whether statements about a clip hold: predict, explain, predict again, with modality and emotion knowledge.

After PEP-MEK (EmotionHallucer, arXiv 2505.11405); the prompts are ours. A verification is one conversation: each
step is an agent, and its answer stands before the next one's task.
"""

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, StringConstraints, WithJsonSchema, create_model

from agents.agent import Agent
from agents.case import Case
from agents.claims import Line
from perception.evidence import Frozen

MOST_STATEMENTS = 12  # of one conversation: their explanations have to fit an answer
MOST_CANDIDATES = 4
YES, NO = "YES", "NO"

Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=40),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z][A-Za-z ,-]{0,39}$"}),
]
Finding = Literal["right", "wrong", "not stated"]


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

    statement: str
    reason: Line
    category: Finding
    intensity: Finding
    cue: Finding
    conclusion: Finding
    person: Finding


class Explanations(Frozen):
    """An explanation of each statement."""

    explanations: Annotated[tuple[Explanation, ...], Field(max_length=MOST_STATEMENTS)]


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
    output = _answers_to(statements)
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

    def narrowed(case: Case) -> type[Explanations]:
        an_id: Any = Literal[tuple(s.id for s in statements)]
        one: Any = create_model("Explanation", __base__=Explanation, statement=(an_id, ...))
        all_: Any = Annotated[tuple[one, ...], Field(min_length=len(statements), max_length=len(statements))]
        made: type[Explanations] = create_model("Explanations", __base__=Explanations, explanations=(all_, ...))
        return made

    return Agent(name="explain", prompt="pep_explain.md", output=Explanations, narrowed=narrowed)


def holds(answers: Answers) -> dict[str, bool]:
    """Whether each statement holds, by its id."""
    return {id_: said == YES for id_, said in answers.model_dump().items()}


def _answers_to(statements: tuple[Statement, ...]) -> type[Answers]:
    either: Any = (Literal["YES", "NO"], ...)
    made: type[Answers] = create_model("Answers", __base__=Answers, **{s.id: either for s in statements})
    return made
