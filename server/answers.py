"""What REST answers with: each answer's fields, all of them always there, with an example of each."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from agents.report import Report
from server.analysis_records import Priority, Status, WebhookStatus
from server.api_keys import Scope
from server.engine import Options
from server.made_with import MadeWith

Item = TypeVar("Item")


def example(**given: Any) -> ConfigDict:
    """The settings of an answer's model that has this example."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [given]})


FILE = {
    "id": "file-00000000000000000000000000000000",
    "object": "file",
    "bytes": 1_200_000,
    "created_at": 1_790_000_000,
    "expires_at": 1_790_604_800,
    "filename": "interview.mp4",
    "purpose": "user_data",
    "status": "processed",
    "sha256": "0" * 64,
}
ANALYSIS = {
    "id": "an_00000000000000000000000000000000",
    "object": "analysis",
    "status": "measuring",
    "error": None,
    "file": FILE["id"],
    "name": "interview.mp4",
    "options": {"strategy": "cascade"},
    "purpose": "a study of how people listen",
    "consent": "both, in writing",
    "derived_only": False,
    "priority": "normal",
    "webhook": None,
    "webhook_status": None,
    "webhook_error": None,
    "created_at": 1_790_000_000.0,
    "ended_at": None,
    "expires_at": 1_792_592_000.0,
    "has_media": True,
    "made_with": None,
    "report": None,
}
CODEBOOK = {"id": "basic", "name": "Basic emotions", "own": False}
TOOL = {"name": "blinks", "version": "3", "summary": "Blinks and how often they come.", "needs": ["faces"]}


class Answer(BaseModel):
    """An answer in JSON; it has no other fields than those that are described."""

    model_config = ConfigDict(extra="forbid")


class Listed(Answer, Generic[Item]):
    """All that there are."""

    object: Literal["list"]
    data: list[Item]


class Page(Listed[Item], Generic[Item]):
    """Some of a list, the newest first."""

    has_more: bool = Field(description="older ones: ask for those after last_id")
    last_id: str | None = Field(description="of these; none: there are none")


class FileAnswer(Answer):
    """A file, as OpenAI's clients read it."""

    model_config = example(**FILE)

    id: str
    object: Literal["file"]
    bytes: int
    created_at: int = Field(description="Unix time in seconds")
    expires_at: int | None
    filename: str = Field(description="what the client calls it")
    purpose: str
    status: Literal["processed", "deleted"] = Field(
        description="deleted: the media are gone, what was measured is kept"
    )
    sha256: str


class FilePage(Page[FileAnswer]):
    """Some of the files."""

    model_config = example(object="list", data=[FILE], has_more=False, last_id=FILE["id"])


class FileDeleted(Answer):
    """A file that is gone."""

    model_config = example(id=FILE["id"], object="file", deleted=True)

    id: str
    object: Literal["file"]
    deleted: Literal[True]


Asked = Annotated[
    Options,
    PlainSerializer(lambda options: options.model_dump(mode="json", exclude_none=True)),
    WithJsonSchema(Options.model_json_schema()),
]


class AnalysisAnswer(Answer):
    """An analysis: how far it is, and its report once it is done."""

    model_config = example(**ANALYSIS)

    id: str
    object: Literal["analysis"]
    status: Status
    error: str | None = Field(description="why it failed")
    file: str
    name: str
    options: Asked = Field(description="as asked; what is not given is as the server is set up")
    purpose: str | None
    consent: str | None
    derived_only: bool
    priority: Priority
    webhook: str | None
    webhook_status: WebhookStatus | None = Field(
        description="what became of it; none: not asked for, or made before this was kept"
    )
    webhook_error: str | None = Field(description="why it could not be told")
    created_at: float = Field(description="Unix time in seconds")
    ended_at: float | None
    expires_at: float | None
    has_media: bool
    made_with: MadeWith | None = Field(description="once it is done; none: made before this was kept")
    report: Report | None = Field(description="not in lists")


class AnalysisPage(Page[AnalysisAnswer]):
    """Some of the analyses."""

    model_config = example(object="list", data=[ANALYSIS], has_more=False, last_id=ANALYSIS["id"])


class TrackedFace(Answer):
    """Where a face was, in pixels of the displayed picture."""

    person: str
    times_s: list[float]
    boxes: list[list[float]] = Field(description="left, top, width, height at each time")
    contours: dict[str, list[list[list[float]]]] = Field(description="points x, y of each line at each time")
    regions: dict[str, list[list[list[float]]]] = Field(description="points x, y of each region of skin at each time")
    gap_s: float = Field(description="for which nothing is known where two times are farther apart")


class Tracks(Answer):
    """The faces of a clip; none where they are not known."""

    model_config = example(
        people=[
            {
                "person": "P1",
                "times_s": [0.0],
                "boxes": [[120.0, 80.0, 200.0, 240.0]],
                "contours": {"lips": [[[200.0, 260.0], [240.0, 260.0]]]},
                "regions": {"chin": [[[210.0, 300.0], [230.0, 300.0], [220.0, 310.0]]]},
                "gap_s": 0.2,
            }
        ]
    )

    people: list[TrackedFace]


class CodebookNamed(Answer):
    """A codebook that can be named in options."""

    model_config = example(**CODEBOOK)

    id: str
    name: str
    own: bool = Field(description="one that you sent; the others are shipped")


class CodebookList(Listed[CodebookNamed]):
    """All codebooks that you can use."""

    model_config = example(object="list", data=[CODEBOOK])


class ToolAnswer(Answer):
    """A perception tool."""

    model_config = example(**TOOL)

    name: str
    version: str
    summary: str
    needs: list[str] = Field(description="tools that run before it")


class ToolList(Listed[ToolAnswer]):
    """All tools."""

    model_config = example(object="list", data=[TOOL])


class About(Answer):
    """What this server is."""

    model_config = example(
        name="mentalis",
        version="0.1.0",
        settings={"model": None, "strategy": "cascade+critic", "codebook": "basic"},
        local_paths=False,
        notice="What an expression suggests is not what a person feels.",
    )

    name: Literal["mentalis"]
    version: str
    settings: dict[str, Any] = Field(description="what analyses are made with where options say nothing else")
    local_paths: bool = Field(description="whether a path of this machine may be named in place of a file")
    notice: str = Field(description="what it must not be used for")


class Session(Answer):
    """Who asks."""

    model_config = example(object="session", name="lab", scopes=["read", "write"], open=False)

    object: Literal["session"]
    name: str
    scopes: tuple[Scope, ...]
    open: bool = Field(description="no key is needed")


class Alive(Answer):
    """The process answers."""

    model_config = example(status="ok")

    status: Literal["ok"]


class Checks(Answer):
    """Of each thing that the server needs: ok, or what is wrong with it."""

    model: str
    database: str
    disk: str


class Ready(Answer):
    """Whether the server can work."""

    model_config = example(status="ok", checks={"model": "ok", "database": "ok", "disk": "ok"})

    status: Literal["ok", "not ready"]
    checks: Checks
