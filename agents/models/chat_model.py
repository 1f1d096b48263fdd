"""A model behind an OpenAI-compatible endpoint, vLLM first."""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from agents.agent import Answer, Message
from agents.models.abilities import NO_JSON, REFUSED, Abilities, answer_tokens, cost, is_failure, try_out
from agents.models.errors import ContextOverflow, MediaRefused, Medium, ModelAnswerError, ModelError, WrongAnswer
from agents.models.failed_calls import UNNAMED, address, passing, said, silent, status, told, unreached, wait_s
from agents.models.json_schema import longest
from agents.models.label_odds import token_odds
from agents.models.parsing import InvalidAnswer, parse
from agents.models.readiness import Readiness
from agents.models.response_cache import ResponseCache
from agents.report import TokenUse

if TYPE_CHECKING:
    from openai.types.chat import ChatCompletion

T = TypeVar("T", bound=BaseModel)
REPAIRS = 2  # further tries when an answer is not valid
DRAWN_TEMPERATURE = 0.7  # of further samples and tries: at temperature 0 the same words would come again
SEEDS_A_SAMPLE = 100  # more than the tries of one
TOO_LONG = re.compile(r"context length|maximum context|max_model_len|too long|longer than the maximum", re.IGNORECASE)
TOO_MANY = re.compile(r"at most (\d+) image", re.IGNORECASE)  # as vLLM says it
MEDIA_PARTS: dict[str, Medium] = {"video_url": "video", "image_url": "image", "input_audio": "audio"}
ASK_AGAIN_S = 60.0
KEY_REFUSED = (401, 403)
logger = logging.getLogger(__name__)


class ChatModel:
    """A client with bounded retries, a limit on calls at a time, and a cache of deterministic answers."""

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = 120.0,
        retries: int = 3,
        concurrency: int = 8,
        temperature: float = 0.0,
        seed: int = 0,
        cache: ResponseCache | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Name a model at an endpoint; nothing is sent yet. `retries` are those of a call that fails on the way."""
        import openai

        self.name, self.base_url, self.temperature, self.seed = name, base_url, temperature, seed
        self._retries, self._timeout_s, self._cache, self._sleep = retries, timeout_s, cache, sleep
        self._calls = asyncio.Semaphore(concurrency)
        self._abilities: Abilities | None = None
        self._probing = asyncio.Lock()
        self._ask_again_s = 0.0  # when what the endpoint does is asked again, if it could not be found out
        self._away, self._readiness, self._discreet = False, Readiness(), False
        self._api_key = api_key
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=timeout_s,
        )

    async def answer(
        self, messages: list[Message], output: type[T], schema: dict[str, Any], *, sample: int = 0, odds: bool = False
    ) -> Answer[T]:
        """A valid answer; see `Model`. An invalid one is asked for again, with what was wrong, a few times.

        Raises:
            ModelError: the endpoint can't be reached or refuses.
            ModelAnswerError: no answer was valid.
        """
        options = self._options(schema, sample, odds)
        key = ResponseCache.key({"endpoint": self.base_url, "model": self.name, "messages": messages, **options})
        if self._cache and (kept := self._cache.get(key)) is not None:
            return _answer(_read(kept), output, TokenUse(calls_from_cache=1))
        spent, problem = TokenUse(), ""
        for attempt in range(1 + REPAIRS):
            try:
                completion = await self._call(_with_problem(messages, problem), _again(options, attempt))
            except ModelError as error:
                put_again = isinstance(error, MediaRefused | ContextOverflow)  # otherwise, and answered then
                error.tokens = spent + TokenUse(failed=0 if put_again else 1)
                raise
            spent = _added(spent, completion)
            try:
                answer = _answer(completion, output, spent)
            except InvalidAnswer as error:
                problem = str(error)
                spent += TokenUse(invalid=1)
                continue
            if self._cache:
                self._cache.put(key, completion.model_dump_json())
            return answer
        raise ModelAnswerError(f"{self.name} gave no valid answer in {1 + REPAIRS} tries: {problem}", spent)

    async def abilities(self) -> Abilities:
        """What the endpoint does with this model: asked once, with tiny media. One that is away can do nothing."""
        async with self._probing:
            if self._abilities is None and time.monotonic() >= self._ask_again_s:
                try:
                    self._abilities = await self.tried_out()
                except ModelError:  # the first question will say what is wrong
                    self._ask_again_s = time.monotonic() + ASK_AGAIN_S
        return self._abilities or Abilities()

    async def tried_out(self) -> Abilities:
        """What the endpoint does with this model, asked anew.

        Raises:
            ModelError: it does not answer, or not as an endpoint should.
        """
        context_tokens = (await self.served_if_told()).get(self.name)
        try:
            return await try_out(self._patiently, context_tokens)
        except Exception as error:
            if not is_failure(error):
                raise
            raise await self._explained(error, self._retries if passing(error) else 0) from error

    def keeping(self, cache: ResponseCache, seed: int) -> "ChatModel":
        """The same client, with its limit on calls at a time, that draws by a seed and keeps its answers elsewhere."""
        other = copy(self)
        other._cache, other.seed = cache, seed
        return other

    def discreet(self) -> "ChatModel":
        """The same client, whose errors do not say where the endpoint is: others read them. The log says it."""
        other = copy(self)
        other._discreet = True
        return other

    async def trouble(self) -> str | None:
        """What is wrong with the endpoint, in a line that says neither where it is nor what it says.

        Where the last call failed, a question of one token decides. It is asked now and then, however often this is.
        """

        async def ask() -> None:
            await self._models()
            if self._readiness.failed:
                await cost([], self._send)  # past the limit on calls: those that hang would hide that they do

        return await self._readiness.trouble(ask)

    async def served(self) -> dict[str, int | None]:
        """The names of the models at the endpoint, with the length of their context in tokens where it is told.

        Raises:
            ModelError: the endpoint can't be reached, or does not tell.
        """
        try:
            return await self._models()
        except Exception as error:
            raise await self._explained(error) from error

    async def check(self) -> None:
        """Know before a long measurement that the endpoint is there and serves this model: one call, to its list.

        Where the model is not in the list, nobody answers or the key is refused, a question of one token decides, with
        its retries: some endpoints take names that they don't list. Other troubles are left to later questions.

        Raises:
            ModelError: nobody answers, the key is refused, or there is no such model.
        """
        try:
            if self.name in await self._models():
                return
        except Exception as error:
            if not (unreached(error) or status(error) in (404, *KEY_REFUSED)):
                return
        try:
            await cost([], self._patiently)
        except Exception as error:
            if not is_failure(error):
                raise
            if unreached(error) or status(error) in (404, *KEY_REFUSED):
                raise await self._explained(error, self._retries if passing(error) else 0) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _options(self, schema: dict[str, Any], sample: int, odds: bool) -> dict[str, Any]:
        able = self._abilities or Abilities()
        room = answer_tokens(longest(schema), able)
        json_schema = {"name": "answer", "schema": schema, "strict": True}
        return {
            "response_format": {"type": "json_schema", "json_schema": json_schema},
            "max_tokens": room,
            "seed": self.seed + SEEDS_A_SAMPLE * sample,
            "temperature": max(self.temperature, DRAWN_TEMPERATURE) if sample else self.temperature,
            **({"logprobs": True, "top_logprobs": able.top_logprobs} if odds and able.top_logprobs else {}),
        }

    async def _call(self, messages: list[Message], options: dict[str, Any]) -> "ChatCompletion":
        try:
            return await self._patiently(messages, options)
        except Exception as error:
            failures = self._retries if passing(error) else 0
            explained = await self._explained(error, failures, _media_in(messages))
            if passing(error) or status(error) in (404, *KEY_REFUSED):
                self._readiness.failed = True
            raise explained from error

    async def _patiently(self, messages: list[Message], options: dict[str, Any]) -> "ChatCompletion":
        """Send, and again after what may pass."""
        for failures in range(1 + self._retries):
            try:
                async with self._calls:
                    answer = await self._send(messages, options)
                self._away, self._readiness.failed = False, False
                return answer
            except Exception as error:
                unheard = silent(error)
                if not passing(error) or failures == self._retries or (unheard and self._away):
                    self._away = unheard
                    raise
                self._away = unheard  # who was silent twice is asked once only, until an answer comes
                await self._sleep(wait_s(error, failures))
        raise AssertionError("the loop returns or raises")

    async def _send(self, messages: list[Message], options: dict[str, Any]) -> "ChatCompletion":
        from openai.types.chat import ChatCompletion

        body = {"model": self.name, "messages": messages, **options}
        # a server that sends a byte now and then would never reach httpx's own timeout
        async with asyncio.timeout(self._timeout_s):
            # `create` would first walk through every field of messages and schema, which takes milliseconds
            completion = await self._client.post("/chat/completions", body=body, cast_to=ChatCompletion)
        choices = getattr(completion, "choices", None)  # the client reads any body as a completion, and HTML as text
        if not isinstance(choices, list) or not choices or getattr(choices[0], "message", None) is None:
            raise WrongAnswer("chat completion")
        return completion

    async def _explained(self, error: Exception, failures: int = 0, sent: Sequence[Medium] = ()) -> ModelError:
        """An error that says in a line what went wrong; of a kind of its own where something can be done about it."""
        line = self._what_went_wrong(error, failures)
        code = status(error)
        if self._discreet:
            logger.warning("%s: %s", address(self.base_url), type(error).__name__ if code is None else f"HTTP {code}")
        if code == 404 and self.name not in (served := await self.served_if_told()):
            return ModelError(f"{line}; it serves: {', '.join(served) or 'nothing that it tells of'}")
        if code in REFUSED and TOO_LONG.search(line):
            return ContextOverflow(line)
        if code in REFUSED and sent:
            words = said(error)
            limit = TOO_MANY.search(words)
            medium = next((medium for medium in sent if medium in words.lower()), None)
            return MediaRefused(line, medium, int(limit[1]) if limit else 0)
        return ModelError(line)

    async def served_if_told(self) -> dict[str, int | None]:
        """As `served`; nothing where the endpoint does not tell."""
        with suppress(Exception):
            return await self._models()
        return {}

    async def _models(self) -> dict[str, int | None]:
        async with asyncio.timeout(self._timeout_s):
            try:
                page = await self._client.models.list()
            except (AttributeError, *NO_JSON) as error:  # the client takes any body for a page, and HTML for text
                raise WrongAnswer("list of models") from error
        if not isinstance(getattr(page, "data", None), list):
            raise WrongAnswer("list of models")
        return {model.id: (model.model_extra or {}).get("max_model_len") for model in page.data}

    def _what_went_wrong(self, error: Exception, failures: int) -> str:
        import openai

        tries = f" ({failures + 1} tries)" if failures else ""
        where = UNNAMED if self._discreet else address(self.base_url)
        who = f"{self.name} at {where}" if self.name else where if self._discreet else f"the endpoint at {where}"
        if isinstance(error, TimeoutError | openai.APITimeoutError):
            return f"{who} did not answer within {self._timeout_s:g} s{tries}"
        if isinstance(error, openai.APIStatusError):
            words = told(error, self.base_url, self._api_key) if self._discreet else said(error)
            about = f": {words[:200]}" if words else ""
            key = "; the key may be wrong or missing (MENTALIS_API_KEY)" if error.status_code in KEY_REFUSED else ""
            return f"{who} answered HTTP {error.status_code}{tries}{about}{key}"
        if isinstance(error, openai.APIConnectionError):
            return f"{who} does not answer{tries}" if self._discreet else f"no model endpoint answers at {where}{tries}"
        meant = str(error) if isinstance(error, WrongAnswer) else "chat completion"
        return f"{who} sent something that is no {meant}"


def _answer(completion: "ChatCompletion", output: type[T], spent: TokenUse) -> Answer[T]:
    """The completion read as an answer.

    Raises:
        InvalidAnswer: it is none.
    """
    return Answer(parse(_words(completion), output), spent, token_odds(completion.choices[0].logprobs))


def _read(kept: str) -> "ChatCompletion":
    from openai.types.chat import ChatCompletion

    return ChatCompletion.model_validate_json(kept)


def _again(options: dict[str, Any], attempt: int) -> dict[str, Any]:
    """The options of a further try: other words are drawn."""
    if not attempt:
        return options
    return {**options, "seed": options["seed"] + attempt, "temperature": max(options["temperature"], DRAWN_TEMPERATURE)}


def _words(completion: "ChatCompletion") -> str:
    """The answer's text.

    Raises:
        InvalidAnswer: there is none, or it was cut off.
    """
    choice = completion.choices[0]
    if not choice.message.content:
        raise InvalidAnswer("it is empty")
    if getattr(choice, "finish_reason", None) == "length":
        raise InvalidAnswer("it was cut off for its length; be shorter")
    return str(choice.message.content)


def _media_in(messages: list[Message]) -> list[Medium]:
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    return list(dict.fromkeys(MEDIA_PARTS[part["type"]] for part in parts if part["type"] in MEDIA_PARTS))


def _with_problem(messages: list[Message], problem: str) -> list[Message]:
    """The messages with what was wrong last time as a further part at the very end, after the shared prefix."""
    if not problem:
        return messages
    said = {"type": "text", "text": f"Your last answer was not accepted: {problem}. Answer again, in the JSON form."}
    *before, last = messages
    return [*before, {**last, "content": [*last["content"], said]}]


def _added(spent: TokenUse, completion: "ChatCompletion") -> TokenUse:
    usage = getattr(completion, "usage", None)
    details = getattr(usage, "prompt_tokens_details", None)
    return spent + TokenUse(
        calls=1,
        prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
        cached_prompt_tokens=getattr(details, "cached_tokens", 0) or 0,
        completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
    )
