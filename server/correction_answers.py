"""What is answered about corrections: all of them, and how far people and machine agree."""

from typing import Generic, Literal, TypeVar

from pydantic import Field

from server.answers import Answer, Listed, example

Verdict = Literal["accept", "reject", "relabel"]
Of = TypeVar("Of")


class CorrectionKept(Answer):
    """What someone thinks of a claim."""

    id: str
    claim: str
    verdict: Verdict
    label: str | None
    note: str | None
    by: str = Field(description="name of the key, or local")
    created_at: float


class LevelAgreed(Answer):
    """How far people and machine agree on a level's claims."""

    n: int = Field(description="claims that people have seen")
    agreement: float | None = Field(description="share of them whose label people kept")
    kappa: float | None = Field(description="Cohen's kappa; none where it is undefined")


class LabelNamed(Answer):
    """A label that a claim may have."""

    id: str
    name: str


class ByLevel(Answer, Generic[Of]):
    """Of each level."""

    behaviour: Of
    cognition: Of
    emotion: Of


class Corrections(Listed[CorrectionKept]):
    """All corrections of a report's claims; n and agreement are those of all levels together."""

    model_config = example(
        object="list",
        data=[
            {
                "id": "co_00000000000000000000000000000000",
                "claim": "P1-emotion-1",
                "verdict": "relabel",
                "label": "surprise",
                "note": "the brows",
                "by": "lab",
                "created_at": 1_790_000_100.0,
            }
        ],
        n=1,
        agreement=0.0,
        by_level={
            "behaviour": {"n": 0, "agreement": None, "kappa": None},
            "cognition": {"n": 0, "agreement": None, "kappa": None},
            "emotion": {"n": 1, "agreement": 0.0, "kappa": 0.0},
        },
        labels={
            "behaviour": [{"id": "nodding", "name": "Nodding"}],
            "cognition": [{"id": "agreeing", "name": "Agreeing"}],
            "emotion": [{"id": "fear", "name": "Fear"}, {"id": "surprise", "name": "Surprise"}],
        },
    )

    n: int
    agreement: float | None
    by_level: ByLevel[LevelAgreed]
    labels: ByLevel[list[LabelNamed]] = Field(description="to which a claim can be relabelled; none: no codebook")
