"""A CLIP of some thousand weights that are random, with a tokenizer: it has the real one's parts, and knows nothing."""

from pathlib import Path
from typing import Any

WIDTH, EMBEDDING, VOCABULARY, LONGEST = 32, 16, 300, 128
STARTS, ENDS = "<|startoftext|>", "<|endoftext|>"


def write_tiny_clip(folder: Path, size_px: int = 32, patch_px: int = 4) -> Path:
    """Write model and tokenizer as transformers reads them; the folder.

    Args:
        folder: is made.
        size_px: of the square pictures that it takes.
        patch_px: of their patches.
    """
    import torch

    torch.manual_seed(0)
    size = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}
    words = {"vocab_size": VOCABULARY, "max_position_embeddings": LONGEST, "bos_token_id": 0, "eos_token_id": 1}
    hub = _hub()
    config = hub.CLIPConfig(
        text_config={**size, **words, "pad_token_id": 1, "projection_dim": EMBEDDING},
        vision_config={**size, "image_size": size_px, "patch_size": patch_px, "projection_dim": EMBEDDING},
        projection_dim=EMBEDDING,
    )
    hub.CLIPModel(config).save_pretrained(folder)
    _tokenizer().save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    bytes_in = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learnt = Tokenizer(models.BPE(unk_token=ENDS))
    learnt.pre_tokenizer = bytes_in
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[STARTS, ENDS],
        initial_alphabet=bytes_in.alphabet(),
        show_progress=False,
    )
    learnt.train_from_iterator(["a face with the eyebrows raised"], trainer)
    learnt.post_processor = processors.TemplateProcessing(
        single=f"{STARTS} $A {ENDS}", special_tokens=[(STARTS, 0), (ENDS, 1)]
    )
    return _hub().PreTrainedTokenizerFast(tokenizer_object=learnt, bos_token=STARTS, eos_token=ENDS, pad_token=ENDS)


def _hub() -> Any:
    """The module transformers, of whose classes some have types and some have none."""
    import transformers

    return transformers
