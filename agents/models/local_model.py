"""A model in this process by transformers (extra `neural`): answers keep to their schema; it may see pictures."""

import asyncio
import base64
import binascii
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
from pydantic import BaseModel

from agents.agent import Answer, Message
from agents.models.abilities import SAMPLE, Abilities, answer_tokens
from agents.models.chat_model import DRAWN_TEMPERATURE, MEDIA_PARTS, REPAIRS, SEEDS_A_SAMPLE
from agents.models.constrained_decoding import Written, generate, grammar_tokenizer
from agents.models.errors import ContextOverflow, MediaRefused, ModelAnswerError, ModelError
from agents.models.json_schema import longest
from agents.models.parsing import InvalidAnswer, parse
from agents.report import TokenUse
from agents.showing.media import LONG_SIDE_PX, jpeg, picture_part
from perception.models.quiet_loading import no_bar

T = TypeVar("T", bound=BaseModel)


class LocalModel:
    """`transformers:<hub id or folder>`; on the GPU where there is one. It answers one question at a time."""

    def __init__(self, name_or_folder: str, *, seed: int = 0) -> None:
        """Load the model.

        Raises:
            ModelError: the extra `neural` is not installed, or the model can't be loaded or has no chat template.
        """
        local = Path(name_or_folder).exists()  # a report does not tell where folders lie
        self.name = f"transformers:{Path(name_or_folder).name if local else name_or_folder}"
        self._seed = seed
        self._loaded = _load(name_or_folder)
        self._grammar_tokenizer = grammar_tokenizer(self._loaded.tokenizer)
        self._abilities = self._measured_abilities()
        self._thread = ThreadPoolExecutor(max_workers=1)  # one at a time, also after a question was cancelled

    async def abilities(self) -> Abilities:
        """What it can be shown, measured with its tokenizer and processor."""
        return self._abilities

    async def answer(
        self, messages: list[Message], output: type[T], schema: dict[str, Any], *, sample: int = 0, odds: bool = False
    ) -> Answer[T]:
        """A valid answer, without odds; see `Model`. One that is cut off or not valid is asked for again a few times.

        Raises:
            ContextOverflow: prompt and answer have no room in the model's context.
            MediaRefused: the messages hold what this model can't be shown.
            ModelAnswerError: no answer was valid.
            ModelError: the messages can't be read, or generation fails.
        """
        asked, spent, problem = self._readable(messages), TokenUse(), ""
        for attempt in range(1 + REPAIRS):
            try:
                prompt_tokens, written = await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._write, _with_problem(asked, problem), schema, sample, attempt
                )
            except ModelError as error:
                error.tokens = spent
                raise
            spent += TokenUse(calls=1, prompt_tokens=prompt_tokens, completion_tokens=len(written.tokens))
            try:
                return Answer(parse(self._words(written), output), spent)
            except InvalidAnswer as error:
                problem = str(error)
                spent += TokenUse(invalid=1)
        raise ModelAnswerError(f"{self.name} gave no valid answer in {1 + REPAIRS} tries: {problem}", spent)

    async def close(self) -> None:
        """End the thread, after the question that it is at."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _measured_abilities(self) -> Abilities:
        model, tokenizer, processor, _ = self._loaded
        picture_tokens: dict[str, Any] = {}
        if processor is not None:
            grey = np.full((LONG_SIDE_PX, LONG_SIDE_PX, 3), 128, dtype=np.uint8)
            words: Message = {"role": "user", "content": [{"type": "text", "text": SAMPLE}]}
            with_picture: Message = {"role": "user", "content": [picture_part(jpeg(grey)), *words["content"]]}
            picture_tokens["picture_tokens"] = self._length([with_picture]) - self._length([words])
        return Abilities(
            known=True,
            context_tokens=_context_tokens(model),
            characters_per_token=len(SAMPLE) / len(tokenizer(SAMPLE, add_special_tokens=False)["input_ids"]),
            images=processor is not None,
            schema_followed=True,
            **picture_tokens,
        )

    def _length(self, messages: list[Message]) -> int:
        return int(self._inputs(self._readable(messages))["input_ids"].shape[1])

    def _readable(self, messages: list[Message]) -> list[Message]:
        """The messages with their content as parts of text and decoded pictures."""
        return [{"role": m["role"], "content": [self._part(p) for p in _parts(m["content"])]} for m in messages]

    def _part(self, part: dict[str, Any]) -> dict[str, Any]:
        kind = part["type"]
        if kind == "text":
            return part
        if kind == "image_url" and self._loaded.processor is not None:
            return {"type": "image", "image": _picture(part["image_url"]["url"])}
        why = self._loaded.blind if kind == "image_url" else "transformers: models take words and pictures"
        raise MediaRefused(f"{self.name} can't be sent {kind}: {why}", MEDIA_PARTS.get(kind))

    def _write(self, messages: list[Message], schema: dict[str, Any], sample: int, attempt: int) -> tuple[int, Written]:
        """Tokens of the prompt, and what the model writes."""
        inputs = self._inputs(messages)
        prompt_tokens = inputs["input_ids"].shape[1]
        most_tokens = answer_tokens(longest(schema), self._abilities)
        context_tokens = self._abilities.context_tokens
        if context_tokens is not None and prompt_tokens + most_tokens > context_tokens:
            raise ContextOverflow(
                f"{self.name} has a context of {context_tokens} tokens: no room for a prompt of {prompt_tokens} "
                f"and an answer of up to {most_tokens}"
            )
        try:
            return prompt_tokens, generate(
                self._loaded.model,
                inputs,
                self._grammar_tokenizer,
                schema,
                most_tokens=most_tokens,
                temperature=DRAWN_TEMPERATURE if sample or attempt else 0.0,
                seed=self._seed + SEEDS_A_SAMPLE * sample + attempt,
            )
        except RuntimeError as error:  # of torch, such as too little memory
            raise ModelError(f"{self.name} failed to generate: {_first_sentence(error)}") from error

    def _inputs(self, messages: list[Message]) -> dict[str, Any]:
        """The prompt as the model takes it, on the model's device.

        Tokens that steer a chat are plain text where they occur in words: a transcript can't end its message.
        """
        model, tokenizer, processor, _ = self._loaded
        template = tokenizer if processor is None else processor
        try:
            inputs = template.apply_chat_template(
                messages if processor is not None else _words_only(messages),
                add_generation_prompt=True,
                tokenize=True,
                sanitize_control_tokens=True,
                return_tensors="pt",
                return_dict=True,
            )
        except Exception as error:  # templates are programs of their makers: they raise what they like
            raise ModelError(
                f"{self.name} can't put messages into its chat template: {_first_sentence(error)}"
            ) from error
        return {
            name: value.to(model.device, model.dtype if value.is_floating_point() else value.dtype)
            for name, value in inputs.items()
        }

    def _words(self, written: Written) -> str:
        if not written.complete:
            raise InvalidAnswer(f"it was cut off after {len(written.tokens)} tokens; be shorter")
        return str(self._loaded.tokenizer.decode(written.tokens, skip_special_tokens=True))


class _Loaded(NamedTuple):
    model: Any
    tokenizer: Any
    processor: Any | None  # of pictures and words; none: the model is given words only
    blind: str  # why there is no processor


def _load(name_or_folder: str) -> _Loaded:
    try:
        import llguidance  # noqa: F401 - told now rather than at the first question
        import torch
        import transformers
    except ImportError as error:
        raise ModelError("transformers: models need the extra neural: python scripts/install.py neural") from error
    if _names_folder(name_or_folder) and not Path(name_or_folder).is_dir():
        raise ModelError(f"transformers can't load {name_or_folder!r}: there is no such folder")
    gpu = torch.cuda.is_available()
    try:
        config = transformers.AutoConfig.from_pretrained(name_or_folder)
        sees = type(config) in transformers.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING
        auto: Any = transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
        tokenizer = transformers.AutoTokenizer.from_pretrained(name_or_folder)
        with no_bar():
            model: Any = auto.from_pretrained(name_or_folder, dtype=torch.bfloat16 if gpu else torch.float32)
    except Exception as error:
        raise ModelError(f"transformers can't load {name_or_folder!r}: {_first_sentence(error)}") from error
    processor, blind = _processor(name_or_folder) if sees else (None, "it is a model of words")
    if (tokenizer if processor is None else processor).chat_template is None:
        raise ModelError(f"{name_or_folder!r} has no chat template: take an instruction-tuned model")
    return _Loaded(model.to("cuda" if gpu else "cpu").eval(), tokenizer, processor, blind)


def _names_folder(name_or_folder: str) -> bool:
    """Whether this can't be an id of the hub, which is a name or an owner and a name."""
    return name_or_folder.startswith(("/", ".", "~")) or name_or_folder.count("/") > 1


def _processor(name_or_folder: str) -> tuple[Any | None, str]:
    """What prepares pictures, or why there is none: that of a model that also takes video needs torchvision."""
    import transformers

    auto: Any = transformers.AutoProcessor
    try:
        processor = auto.from_pretrained(name_or_folder)
    except Exception as error:
        return None, f"its processor can't be made: {_first_sentence(error)}"
    if getattr(processor, "image_processor", None) is None:
        return None, "it comes without an image processor"
    return processor, ""


def _context_tokens(model: Any) -> int | None:
    return getattr(model.config.get_text_config(), "max_position_embeddings", None)


def _parts(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _picture(url: str) -> Any:
    """A data URL as a PIL picture.

    Raises:
        ModelError: it is another URL, or holds no picture.
    """
    from PIL import Image

    kind, _, data = url.partition(";base64,")
    if not kind.startswith("data:image/"):
        raise ModelError(f"a picture must come as a data:image/...;base64 URL, not as {url[:60]!r}: nothing is fetched")
    try:
        return Image.open(io.BytesIO(base64.b64decode(data, validate=True))).convert("RGB")
    except (binascii.Error, OSError) as error:
        raise ModelError(f"a picture of {len(data)} base64 characters can't be decoded: {error}") from error


def _words_only(messages: list[Message]) -> list[dict[str, str]]:
    """Content as one string, which is what the chat templates of language models take."""
    return [{"role": m["role"], "content": "\n".join(p["text"] for p in m["content"])} for m in messages]


def _with_problem(messages: list[Message], problem: str) -> list[Message]:
    """The messages with what was wrong last time at the very end."""
    if not problem:
        return messages
    said = {"type": "text", "text": f"Your last answer was not accepted: {problem}. Answer again, in the JSON form."}
    *before, last = messages
    return [*before, {**last, "content": [*last["content"], said]}]


def _first_sentence(error: Exception) -> str:
    line = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return line.split(". ")[0]
