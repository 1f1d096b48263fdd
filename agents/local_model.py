"""A small language model in this process by transformers (extra `neural`): words only, no frames."""

import asyncio
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from agents.abilities import Abilities
from agents.agent import Answer, Message
from agents.errors import ModelAnswerError, ModelError
from agents.parsing import InvalidAnswer, parse
from agents.report import TokenUse

T = TypeVar("T", bound=BaseModel)
TRIES = 3
MOST_TOKENS = 1024


class LocalModel:
    """`transformers:<hub id or folder>`: to try things out. The schema is asked for, not enforced."""

    def __init__(self, name_or_folder: str, *, seed: int = 0) -> None:
        """Load the model.

        Raises:
            ModelError: the extra `neural` is not installed, or the model can't be loaded.
        """
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise ModelError("transformers: models need the extra neural: python scripts/install.py neural") from error
        try:
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name_or_folder)
            model: Any = AutoModelForCausalLM.from_pretrained(name_or_folder)
        except Exception as error:
            raise ModelError(f"transformers can't load {name_or_folder!r}: {str(error).splitlines()[0]}") from error
        self._model: Any = model.eval()
        if self._tokenizer.chat_template is None:
            raise ModelError(f"{name_or_folder!r} has no chat template: take an instruction-tuned model")
        local = Path(name_or_folder).exists()  # a report does not tell where folders lie
        self.name = f"transformers:{Path(name_or_folder).name if local else name_or_folder}"
        self._seed, self._busy = seed, asyncio.Lock()

    async def abilities(self) -> Abilities:
        """No media: it is given the words and the evidence."""
        return Abilities(context_tokens=getattr(self._model.config, "max_position_embeddings", None))

    async def answer(self, messages: list[Message], output: type[T], schema: dict[str, Any]) -> Answer[T]:
        """A valid answer, one at a time, off the event loop; see `Model`.

        Raises:
            ModelAnswerError: no answer was valid.
        """
        spent, problem = TokenUse(), ""
        for attempt in range(TRIES):
            async with self._busy:
                words, prompt, written = await asyncio.to_thread(
                    self._generate, _plain(messages, schema, problem), attempt
                )
            spent = TokenUse(
                calls=spent.calls + 1,
                prompt_tokens=spent.prompt_tokens + prompt,
                completion_tokens=spent.completion_tokens + written,
            )
            try:
                return Answer(parse(words, output), spent)
            except InvalidAnswer as error:
                problem = str(error)
        raise ModelAnswerError(f"{self.name} gave no valid answer in {TRIES} tries: {problem}", spent)

    async def close(self) -> None:
        """Nothing is held open."""

    def _generate(self, messages: list[dict[str, str]], attempt: int) -> tuple[str, int, int]:
        import torch  # with the extra neural

        torch.manual_seed(self._seed + attempt)
        tokens = self._tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            out = self._model.generate(**tokens, max_new_tokens=MOST_TOKENS, do_sample=attempt > 0)
        prompt = tokens["input_ids"].shape[1]
        written = out[0][prompt:]
        return self._tokenizer.decode(written, skip_special_tokens=True), prompt, len(written)


def _plain(messages: list[Message], schema: dict[str, Any], problem: str) -> list[dict[str, str]]:
    """The messages as text only, with the schema asked for at the end."""
    form = f"Answer with JSON of exactly this schema and nothing else:\n{json.dumps(schema)}"
    plain = []
    for message in messages:
        content = message["content"]
        parts = [content] if isinstance(content, str) else [p["text"] for p in content if p["type"] == "text"]
        plain.append({"role": message["role"], "content": "\n".join(parts)})
    plain[-1]["content"] += f"\n\n{form}" + (f"\nYour last answer was not accepted: {problem}." if problem else "")
    return plain
