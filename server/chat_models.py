"""The models that OpenAI's clients choose from: the strategies by which this server can judge a clip."""

from fastapi import APIRouter

from graphs.state import STRATEGIES, Strategy
from perception.errors import MentalisError
from server.access import Reads
from server.chat_answers import ModelAnswer, ModelList
from server.chat_requests import MODEL
from server.engine import Engine, Options
from server.errors import ApiError

CREATED = 1_760_000_000  # of the models, as OpenAI's list has it; a constant so that lists compare equal


def routes(engine: Engine) -> APIRouter:
    """The endpoints under /v1/models."""
    router = APIRouter(prefix="/v1/models", tags=["chat"])

    @router.get("")
    def models(caller: Reads) -> ModelList:
        """The strategies by which a clip can be judged here; the first is the server's usual one."""
        return ModelList(object="list", data=[_model(name) for name in names(engine)])

    @router.get("/{name:path}")
    def model(name: str, caller: Reads) -> ModelAnswer:
        """One of the models."""
        strategy_of(name, engine)
        return _model(name)

    return router


def names(engine: Engine) -> list[str]:
    """The names of the models that can be used: without a language model, some strategies can't."""
    return [MODEL, *(f"{MODEL}/{strategy}" for strategy in STRATEGIES if _why_not(strategy, engine) is None)]


def strategy_of(model: str, engine: Engine) -> Strategy | None:
    """The strategy that a model's name asks for; none: the server's usual one.

    Raises:
        ApiError: 404, no such model; 400, one that can't be used here.
    """
    if model == MODEL:
        return None
    strategy = next((known for known in STRATEGIES if model == f"{MODEL}/{known}"), None)
    if strategy is None:
        there_are = ", ".join(names(engine))
        raise ApiError(
            404, f"there is no model {model[:60]!r}; there are: {there_are}", "model_not_found", param="model"
        )
    if (why := _why_not(strategy, engine)) is not None:
        raise ApiError(400, why, "model_not_usable", param="model")
    return strategy


def _why_not(strategy: Strategy, engine: Engine) -> str | None:
    """Why a strategy can't be used, in a line."""
    try:
        engine.check(Options(strategy=strategy))
    except MentalisError as error:
        return str(error)
    return None


def _model(name: str) -> ModelAnswer:
    return ModelAnswer(id=name, object="model", created=CREATED, owned_by="mentalis")
