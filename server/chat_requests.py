"""What is read of a chat request; what would be answered otherwise than it is asked for is refused."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agents.report import Report
from server.chat_messages import Message
from server.errors import ApiError

MODEL = "mentalis"
SEEDS = 2**31


class Shape(BaseModel):
    """A JSON schema that is asked for, as OpenAI's clients send it."""

    model_config = ConfigDict(extra="ignore", validate_by_name=True)

    json_schema: dict[str, Any] | None = Field(default=None, alias="schema", description="the report's; none: the same")


class Form(BaseModel):
    """What the answer is: words, or the report as JSON, which has a schema of its own."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: Shape | None = None


class ChatRequest(BaseModel):
    """What is read of a request; other fields of OpenAI's are accepted and not used."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [
                {
                    "model": MODEL,
                    "messages": [
                        {
                            "role": "user",
                            "content": [
                                {"type": "video_url", "video_url": {"url": "file-00000000000000000000000000000000"}},
                                {"type": "text", "text": "When does she smile?"},
                            ],
                        }
                    ],
                }
            ]
        },
    )

    model: str = Field(default=MODEL, max_length=100)
    messages: list[Message] = Field(min_length=1, max_length=1000)
    stream: bool | None = None
    stream_options: dict[str, Any] | None = None
    response_format: Form | None = None
    seed: int | None = Field(default=None, description="any whole number; taken modulo 2^31")
    n: int | None = Field(default=None, description="1: there is one answer")
    tool_choice: str | dict[str, Any] | None = Field(default=None, description="auto or none: no tool is ever called")
    function_call: str | dict[str, Any] | None = Field(default=None, description="as tool_choice")
    logprobs: bool | None = Field(default=None, description="false: there are none")
    modalities: list[str] | None = Field(default=None, description="text alone")

    @property
    def usual_seed(self) -> int | None:
        """The seed as analyses take it."""
        return None if self.seed is None else self.seed % SEEDS

    @property
    def wants_report(self) -> bool:
        """Whether the answer is to be the report itself."""
        return self.response_format is not None and self.response_format.type != "text"


def check_answerable(request: ChatRequest) -> None:
    """Refuse what no answer here can be.

    Raises:
        ApiError: 400, saying which field and why.
    """
    if request.n not in (None, 1):
        raise _refused("n", f"n is {request.n}: there is one answer to a question; ask again for another")
    for name in ("tool_choice", "function_call"):
        if _way(getattr(request, name)) not in (None, "auto", "none"):
            raise _refused(
                name, f"{name} asks for a call of a tool: none is ever called; leave it out, or ask for JSON instead"
            )
    if request.logprobs:
        raise _refused("logprobs", "there are no log probabilities of an answer; leave logprobs out")
    if set(request.modalities or ()) - {"text"}:
        raise _refused("modalities", "answers are text; leave modalities out")
    shape = request.response_format.json_schema if request.response_format else None
    if shape is not None and shape.json_schema is not None and not _is_reports(shape.json_schema):
        raise _refused(
            "response_format",
            "the answer as JSON is the report, which has its own schema (`mentalis schema report` prints it): ask for "
            'that, or for {"type": "json_object"}',
        )


def _way(choice: str | dict[str, Any] | None) -> Any:
    """How tools are chosen: of some that are allowed, as OpenAI's clients also say it, their mode."""
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed = choice.get("allowed_tools", choice)
        return allowed.get("mode") if isinstance(allowed, dict) else choice
    return choice


def _is_reports(schema: dict[str, Any]) -> bool:
    """Whether a schema is the report's: it has the report's fields, however a client has rewritten it."""
    fields = schema.get("properties")
    return isinstance(fields, dict) and fields.keys() == Report.model_fields.keys()


def _refused(field: str, why: str) -> ApiError:
    return ApiError(400, why, "unsupported", param=field)
