"""What OpenAI's endpoints answer with, and what is said in the field `mentalis`."""

from typing import Literal

from pydantic import Field

from agents.chat_history import Source
from agents.report import Failure
from server.answers import Answer, Listed, example

MODEL = {"id": "mentalis/cascade", "object": "model", "created": 1_760_000_000, "owned_by": "mentalis"}


class ModelAnswer(Answer):
    """A strategy, as OpenAI's clients read models."""

    model_config = example(**MODEL)

    id: str
    object: Literal["model"]
    created: int
    owned_by: Literal["mentalis"]


class ModelList(Listed[ModelAnswer]):
    """All models that can be used."""

    model_config = example(object="list", data=[MODEL])


class Said(Answer):
    """What is answered."""

    role: Literal["assistant"]
    content: str
    refusal: None


class Choice(Answer):
    """The one answer."""

    index: Literal[0]
    message: Said
    logprobs: None
    finish_reason: Literal["stop"]


class Usage(Answer):
    """Tokens of this request; those of the analysis too where it was made for it."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Cited(Answer):
    """What an answer rests on, for programs."""

    analysis: str
    file: str
    citations: dict[str, list[str]] = Field(description="by claim, the ids of its evidence")
    failures: list[Failure]
    sources: list[Source] = Field(description="what the answer cites; none: the report alone was asked for")
    method: Literal["model", "bm25", "embedding"] | None = Field(description="none: the report alone was asked for")
    notes: list[str] = Field(description="what was left out of the answer, and what went otherwise than meant")


class Completion(Answer):
    """OpenAI's chat completion."""

    model_config = example(
        id="chatcmpl-00000000000000000000000000000000",
        object="chat.completion",
        created=1_790_000_000,
        model="mentalis",
        choices=[
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "P1 smiles from 8.7 to 10.9 s [au12-1].",
                    "refusal": None,
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        mentalis={
            "analysis": "an_00000000000000000000000000000000",
            "file": "file-00000000000000000000000000000000",
            "citations": {"P1-emotion-1": ["au12-1"]},
            "failures": [],
            "sources": [
                {
                    "id": "au12-1",
                    "text": "P1: lip corners pulled up (AU12)",
                    "person": "P1",
                    "start_s": 8.7,
                    "end_s": 10.9,
                    "basis": "seen",
                    "kinds": ["au12"],
                }
            ],
            "method": "bm25",
            "notes": [],
        },
    )

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    mentalis: Cited
