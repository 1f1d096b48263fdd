"""REST: what there is to choose from (tools, codebooks), and what this server is."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from agents.codebook import Codebook, Label
from server.access import Perhaps, Reads, Writes, is_open
from server.answers import About, CodebookList, CodebookNamed, ToolAnswer, ToolList
from server.codebook_records import Codebooks
from server.engine import Engine
from server.errors import ApiError

NOTICE = Path(__file__).with_name("notice.md")
FORMAT = "a codebook: id, name, source, and the labels of the levels that it changes (docs/codebooks.md)"
EXAMPLE = """id: smiles
name: Smiles
source: a study of smiles
neutral: {emotion: neutral}
emotion:
  - {id: happiness, name: Happiness, definition: Pleased., indicators: [AU12], concepts: [happiness]}
  - {id: neutral, name: Neutral, definition: No sign of an emotion.}
"""
YAML = {
    "requestBody": {
        "required": True,
        "content": {"application/yaml": {"schema": {"type": "string", "description": FORMAT}, "example": EXAMPLE}},
    }
}

BOOK: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/json": {
                "example": Codebook(
                    id="smiles",
                    name="Smiles",
                    source="a study of smiles",
                    behaviour=(Label(id="still", name="Still", definition="Does not move."),),
                    cognition=(Label(id="none_visible", name="None visible", definition="No sign of any."),),
                    emotion=(Label(id="happiness", name="Happiness", definition="Pleased.", indicators=("AU12",)),),
                ).model_dump(mode="json")
            }
        }
    }
}

KEY_OR_NONE: dict[str, Any] = {"security": [{}]}  # FastAPI adds it to the ways of giving a key


def routes(engine: Engine, codebooks: Codebooks, version: str, local_paths: bool) -> APIRouter:
    """The endpoints /v1/tools, /v1/codebooks and /v1/about."""
    router = APIRouter(prefix="/v1", tags=["catalogue"])

    @router.get("/about", openapi_extra=KEY_OR_NONE)
    def about(request: Request, caller: Perhaps) -> About:
        """The version, what it must not be used for, and, to who has a key where one is needed, what is set."""
        notice = NOTICE.read_text(encoding="utf-8")
        paths = local_paths and is_open(request.app.state.access, request)
        settings = engine.settings() if caller else {}
        return About(name="mentalis", version=version, settings=settings, local_paths=paths, notice=notice)

    @router.get("/tools")
    def tools(caller: Reads) -> ToolList:
        """The perception tools, in the order in which reports show them."""
        return ToolList(object="list", data=[ToolAnswer(**tool) for tool in engine.tools()])

    @router.get("/codebooks")
    def several(caller: Reads) -> CodebookList:
        """The shipped codebooks and your own."""
        named = [CodebookNamed(**book) for book in codebooks.names(caller.owner)]
        return CodebookList(object="list", data=named)

    @router.post("/codebooks", status_code=201, openapi_extra=YAML)
    async def add(request: Request, caller: Writes) -> CodebookNamed:
        """Check a codebook and keep it; one with the same id in it is replaced, and goes by the same id here."""
        try:
            text = (await request.body()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise ApiError(400, "a codebook is YAML in UTF-8", "codebook") from error
        return CodebookNamed(**codebooks.add(text, caller.owner))

    @router.get("/codebooks/{name}", responses=BOOK)
    def get(name: str, caller: Reads) -> Codebook:
        """A codebook with its labels."""
        return codebooks.get(name, caller.owner)

    @router.delete("/codebooks/{name}", status_code=204, response_class=Response)
    def delete(name: str, caller: Writes) -> None:
        """Delete a codebook of your own; reports that were made with it stay."""
        codebooks.delete(name, caller.owner)

    return router
