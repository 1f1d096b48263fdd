"""Models of a few megabytes with random weights, for a real vLLM: they see, hear and answer, and mean nothing.

python -I tiny_models.py {qwen3_vl,qwen2_5_omni} FOLDER

Run with the Python of vLLM's environment, whose transformers knows these models; nothing is downloaded. The tokenizer
is learnt from our own prompts, so that a token is about as long as a large model's.
"""

import sys
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parents[2] / "agents"  # its prompts, knowledge and codebooks
VOCABULARY, CONTEXT_TOKENS = 2048, 65_536
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
VL = {"image": "<|image_pad|>", "video": "<|video_pad|>", "see": "<|vision_start|>", "seen": "<|vision_end|>"}
OMNI = {"image": "<|IMAGE|>", "video": "<|VIDEO|>", "see": "<|vision_bos|>", "seen": "<|vision_eos|>"}
SOUND = {"audio": "<|AUDIO|>", "hear": "<|audio_bos|>", "heard": "<|audio_eos|>"}
NAMES = {  # by which processors ask a tokenizer for them
    "image": "image_token",
    "video": "video_token",
    "audio": "audio_token",
    "see": "vision_bos_token",
    "seen": "vision_eos_token",
    "hear": "audio_bos_token",
    "heard": "audio_eos_token",
}
# what a chat becomes; PICTURE, VIDEO and SOUND stand for the tokens that a processor puts them in place of
TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.content is string -%}{{ message.content }}{%- else -%}
{%- for part in message.content -%}
{%- if part.type in ('image', 'image_url') -%}PICTURE
{%- elif part.type in ('video', 'video_url') -%}VIDEO
{%- elif part.type in ('audio', 'audio_url', 'input_audio') -%}SOUND
{%- else -%}{{ part.text }}{%- endif -%}
{%- endfor -%}
{%- endif -%}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}<|im_start|>assistant
{% endif -%}"""
SIZES: dict[str, Any] = {  # of language, vision and hearing alike; the width of a head has to fit `mrope_section`
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT_TOKENS,
}
VISION: dict[str, Any] = {
    "depth": 2,
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_heads": 4,
    "out_hidden_size": 128,
    "spatial_merge_size": 2,
    "temporal_patch_size": 2,
}


def make(kind: str, folder: Path) -> None:
    """Write a model of a kind (a key of `KINDS`) with its tokenizer and processor."""
    import torch

    torch.manual_seed(0)
    KINDS[kind](folder)


def make_qwen3_vl(folder: Path) -> None:
    """Text, pictures and video in, text out."""
    hub = classes()
    words = tokenizer(VL)
    id_of = words.convert_tokens_to_ids
    rope = {"rope_type": "default", "mrope_section": [4, 6, 6], "mrope_interleaved": True, "rope_theta": 5e6}
    config = hub.Qwen3VLConfig(
        text_config={**language(words), "head_dim": 32, "tie_word_embeddings": True, "rope_parameters": rope},
        vision_config={
            **VISION,
            "patch_size": 16,
            "num_position_embeddings": 2304,
            "deepstack_visual_indexes": [0],
        },
        image_token_id=id_of(VL["image"]),
        video_token_id=id_of(VL["video"]),
        vision_start_token_id=id_of(VL["see"]),
        vision_end_token_id=id_of(VL["seen"]),
        tie_word_embeddings=True,
    )
    write(hub.Qwen3VLForConditionalGeneration(config), words, folder)
    even: dict[str, Any] = {"patch_size": 16, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    hub.Qwen3VLProcessor(
        image_processor=hub.Qwen2VLImageProcessor(size={"shortest_edge": 4096, "longest_edge": 262_144}, **even),
        video_processor=hub.Qwen3VLVideoProcessor(size={"shortest_edge": 4096, "longest_edge": 2_097_152}, **even),
        tokenizer=words,
        chat_template=words.chat_template,
    ).save_pretrained(folder)


def make_qwen2_5_omni(folder: Path) -> None:
    """Text, pictures, video and sound in, text out: the thinker alone, as vLLM serves it."""
    hub = classes()
    words = tokenizer({**OMNI, **SOUND})
    id_of = words.convert_tokens_to_ids
    rope = {"rope_type": "default", "mrope_section": [4, 6, 6], "rope_theta": 1e6}
    thinker = {
        "text_config": {**language(words), "tie_word_embeddings": False, "rope_parameters": rope},
        "vision_config": {
            **VISION,
            "patch_size": 14,
            "window_size": 112,
            "fullatt_block_indexes": [1],
            "tokens_per_second": 25,
        },
        "audio_config": {
            "d_model": 128,
            "encoder_layers": 2,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 256,
            "num_mel_bins": 128,
            "max_source_positions": 1500,
            "n_window": 100,
            "output_dim": 128,
        },
        **{f"{name}_token_id": id_of(OMNI[name]) for name in ("image", "video")},
        **{f"{name}_token_index": id_of(OMNI[name]) for name in ("image", "video")},
        "audio_token_id": id_of(SOUND["audio"]),
        "audio_token_index": id_of(SOUND["audio"]),
        "vision_start_token_id": id_of(OMNI["see"]),
        "vision_end_token_id": id_of(OMNI["seen"]),
        "audio_start_token_id": id_of(SOUND["hear"]),
        "audio_end_token_id": id_of(SOUND["heard"]),
        "position_id_per_seconds": 25,
        "seconds_per_chunk": 2,
        "tie_word_embeddings": False,
    }
    write(
        hub.Qwen2_5OmniThinkerForConditionalGeneration(hub.Qwen2_5OmniThinkerConfig(**thinker)),
        words,
        folder,
        "thinker.",
    )
    whole = hub.Qwen2_5OmniConfig(thinker_config=thinker, enable_audio_output=False)
    whole.architectures, whole.dtype = ["Qwen2_5OmniModel"], "bfloat16"
    whole.save_pretrained(folder)
    size = {"shortest_edge": 3136, "longest_edge": 200_704}
    hub.Qwen2_5OmniProcessor(
        image_processor=hub.Qwen2VLImageProcessor(size=size),
        video_processor=hub.Qwen2VLVideoProcessor(size=size),
        feature_extractor=hub.WhisperFeatureExtractor(feature_size=128, n_samples=480_000, return_attention_mask=True),
        tokenizer=words,
        chat_template=words.chat_template,
    ).save_pretrained(folder)


KINDS = {"qwen3_vl": make_qwen3_vl, "qwen2_5_omni": make_qwen2_5_omni}


def classes() -> Any:
    """The module transformers, of whose classes some have types and some have none."""
    import transformers

    return transformers


def tokenizer(media: dict[str, str]) -> Any:
    """A byte-level BPE tokenizer with the media's tokens, which it also has by the names that processors ask for."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    bytes_in = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer, learnt.decoder = bytes_in, decoders.ByteLevel()
    special = [*CONTROL, *media.values()]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(special), initial_alphabet=bytes_in.alphabet(), show_progress=False
    )
    learnt.train([str(path) for path in sorted(CORPUS.rglob("*")) if path.suffix in (".md", ".yaml")], trainer)
    template = TEMPLATE.replace("PICTURE", media["see"] + media["image"] + media["seen"])
    template = template.replace("VIDEO", media["see"] + media["video"] + media["seen"])
    if "audio" in media:
        template = template.replace("SOUND", media["hear"] + media["audio"] + media["heard"])
    made = classes().PreTrainedTokenizerFast(
        tokenizer_object=learnt,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=special,
        model_max_length=CONTEXT_TOKENS,
        chat_template=template,
    )
    for name, token in media.items():
        made.init_kwargs[NAMES[name]] = token
        setattr(made, NAMES[name], token)
    return made


def language(words: Any) -> dict[str, Any]:
    """The configuration of the part that reads and writes."""
    end, stop = words.convert_tokens_to_ids(["<|endoftext|>", "<|im_end|>"])
    return {**SIZES, "vocab_size": VOCABULARY, "bos_token_id": end, "eos_token_id": stop, "pad_token_id": end}


def write(model: Any, words: Any, folder: Path, prefix: str = "") -> None:
    """Write configuration and weights in bfloat16, the weights' names with a prefix."""
    import torch
    from safetensors.torch import save_file

    end, stop = words.convert_tokens_to_ids(["<|endoftext|>", "<|im_end|>"])
    model = model.to(torch.bfloat16)
    model.generation_config = classes().GenerationConfig(bos_token_id=end, eos_token_id=[stop, end], pad_token_id=end)
    model.save_pretrained(folder)
    if prefix:
        renamed = {prefix + name: weight.contiguous() for name, weight in model.state_dict().items()}
        save_file(renamed, folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    make(sys.argv[1], Path(sys.argv[2]))
