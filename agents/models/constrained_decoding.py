"""Generation that can't leave a JSON schema: at each step only tokens that continue a valid answer may be chosen."""

from typing import TYPE_CHECKING, Any, NamedTuple

from agents.models.errors import ModelError

if TYPE_CHECKING:
    import torch
    from llguidance import LLMatcher, LLTokenizer


class Written(NamedTuple):
    """Tokens that a model wrote; `complete`: they are a whole answer, not one cut off."""

    tokens: list[int]
    complete: bool


def grammar_tokenizer(tokenizer: Any) -> "LLTokenizer":
    """The bytes of each token, as the grammar needs them; takes about a second for a large vocabulary.

    Raises:
        ModelError: not a tokenizer of the `tokenizers` library.
    """
    from llguidance.hf import from_tokenizer

    try:
        return from_tokenizer(tokenizer)
    except ValueError as error:
        raise ModelError(f"answers can't be kept to a schema with a {type(tokenizer).__name__}: {error}") from error


def generate(
    model: Any,
    inputs: dict[str, "torch.Tensor"],
    tokenizer: "LLTokenizer",
    schema: dict[str, Any],
    *,
    most_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> Written:
    """Continue one prompt with JSON of the schema, masking logits by llguidance (Microsoft, 2025).

    Args:
        model: of transformers, that generates.
        inputs: of the model; `input_ids` are 1 x tokens.
        tokenizer: of the model, by `grammar_tokenizer`.
        schema: JSON schema.
        most_tokens: after which the answer is cut off.
        temperature: of sampling; 0: the likeliest token each time.
        seed: of sampling.

    Raises:
        ModelError: the grammar can't follow the schema or what was written.
    """
    import torch

    matcher = _matcher(tokenizer, schema)

    def allow(_: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return scores.masked_fill(~_allowed(matcher, scores), -torch.inf)

    def ended(ids: torch.Tensor, _: object) -> torch.Tensor:
        if not matcher.consume_token(int(ids[0, -1])):
            raise ModelError(f"the grammar of an answer failed: {matcher.get_error()}")
        return torch.full((1,), matcher.is_stopped(), device=ids.device)

    torch.manual_seed(seed)
    sampling = {"do_sample": True, "temperature": temperature} if temperature > 0 else {"do_sample": False}
    with torch.inference_mode():
        out = model.generate(
            **inputs,
            **sampling,
            num_beams=1,
            max_new_tokens=most_tokens,
            logits_processor=[allow],
            stopping_criteria=[ended],
        )
    return Written(out[0, inputs["input_ids"].shape[1] :].tolist(), complete=matcher.is_stopped())


def _matcher(tokenizer: "LLTokenizer", schema: dict[str, Any]) -> "LLMatcher":
    from llguidance import LLMatcher

    # where JSON allows blanks, a model could write them for ever
    grammar = LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})
    matcher = LLMatcher(tokenizer, grammar, log_level=0)
    if matcher.is_error():
        raise ModelError(f"the grammar can't follow the answer's schema: {matcher.get_error().splitlines()[0]}")
    return matcher


def _allowed(matcher: "LLMatcher", scores: "torch.Tensor") -> "torch.Tensor":
    """Which tokens may come next, as booleans; a model's vocabulary may be padded beyond its tokenizer's."""
    import torch

    width = scores.shape[-1]
    mask = matcher.compute_logit_bias()[:width].ljust(width, b"\0")
    return torch.frombuffer(bytearray(mask), dtype=torch.uint8).bool().to(scores.device)
