"""A small model run in-process: random weights talk rubbish, and the report says so and stays valid."""

import pytest

import mentalis
from agents.errors import ModelError
from agents.local_model import LocalModel
from agents.report import Report

pytest.importorskip("torch", reason="the neural extra is not installed")
pytest.importorskip("transformers", reason="the neural extra is not installed")
TEMPLATE = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}<assistant>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A real causal language model of two layers with random weights and a byte-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: n for n, letter in enumerate(["<end>", *alphabet])}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    fast.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=65536,
        eos_token_id=0,
        pad_token_id=0,
    )
    path = tmp_path_factory.mktemp("tiny")
    LlamaForCausalLM(config).save_pretrained(path)
    fast.save_pretrained(path)
    return path


def test_a_model_that_talks_rubbish_leaves_a_valid_report_that_says_so(folder, demo, tmp_path):
    report = mentalis.analyze(
        demo.clip, tools=("blinks", "speech"), data=tmp_path, model=f"transformers:{folder}", max_revisions=0
    )
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert report.provenance.model == f"transformers:{folder.name}"
    assert report.provenance.tokens.completion_tokens > 0
    assert not [c for c in report.claims if not c.abstained]
    assert {f.stage for f in report.failures} >= {"agent behaviour", "agent cognition", "agent emotion"}


def test_a_model_that_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(ModelError, match="nowhere") as refused:
        LocalModel(str(tmp_path / "nowhere"))
    assert "\n" not in str(refused.value)
