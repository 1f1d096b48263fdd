"""A model run in-process: random weights talk rubbish, but in the asked form; pictures reach a model that sees."""

import asyncio
import json
import shutil
from typing import Annotated

import jsonschema
import numpy as np
import pytest
from measured_once import knowing
from pydantic import Field, create_model

import mentalis
from agents.claims import ClaimList, draft_for
from agents.codebook import load_codebook
from agents.models import local_model
from agents.models.constrained_decoding import generate, grammar_tokenizer
from agents.models.errors import ContextOverflow, MediaRefused, ModelAnswerError, ModelError
from agents.models.json_schema import server_schema
from agents.models.local_model import LocalModel
from agents.models.parsing import parse
from agents.report import Report
from agents.showing.media import jpeg, picture_part, sound_part, video_part

torch = pytest.importorskip("torch", reason="the neural extra is not installed")
pytest.importorskip("transformers", reason="the neural extra is not installed")
pytest.importorskip("llguidance", reason="the neural extra is not installed")

CONTEXT, PICTURE_TOKENS = 65_536, 5  # 2 x 2 patches and one for the whole
DRAFT = draft_for(("joy", "neutral"), ("au12-1",), 5000)
FEW_WORDS = Annotated[str, Field(pattern="^[a-z][a-z ]{0,18}[a-z]$")]  # so that an answer takes a second, not twenty
SHORT = create_model("Draft", __base__=DRAFT, text=(FEW_WORDS, ...))
DRAFTS = Annotated[tuple[SHORT, ...], Field(max_length=2)]
SCHEMA = server_schema(create_model("ClaimList", __base__=ClaimList, claims=(DRAFTS, ...)))
TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for part in m['content'] %}{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}"
    "{% endif %}<end>{% endfor %}<assistant>"
)


@pytest.fixture(scope="module", autouse=True)
def _one_core():
    """Models as tiny as these are slower on several cores than on one."""
    cores = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(cores)


def make_tokenizer():
    """Bytes, a few pairs that JSON is made of, and what ends a message and stands for a picture."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator([json.dumps(SCHEMA), "neutral smile"], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<end>",
        pad_token="<end>",
        extra_special_tokens={"image_token": "<image>"},
        chat_template=TEMPLATE,
    )


def text_config(tokenizer):
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=len(tokenizer) + 7,  # padded, as those of real models are
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=CONTEXT,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


@pytest.fixture(scope="module")
def words_folder(tmp_path_factory):
    """A language model of two layers with random weights."""
    from transformers import LlamaForCausalLM

    path = tmp_path_factory.mktemp("words")
    tokenizer = make_tokenizer()
    torch.manual_seed(0)
    LlamaForCausalLM(text_config(tokenizer)).save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def seeing_folder(tmp_path_factory):
    """A vision-language model (LLaVA) of two layers with random weights, whose processor needs no torchvision."""
    from transformers import CLIPVisionConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    path = tmp_path_factory.mktemp("seeing")
    tokenizer = make_tokenizer()
    sides = {"patch_size": 14, "image_size": 28}
    layers = {"num_hidden_layers": 2, "num_attention_heads": 2, "hidden_size": 32, "intermediate_size": 32}
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(**sides, **layers),
        text_config=text_config(tokenizer),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
    )
    processor = LlavaProcessor(
        CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}),
        tokenizer,
        patch_size=14,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=1,
        chat_template=TEMPLATE,
    )
    torch.manual_seed(0)
    LlavaForConditionalGeneration(config).save_pretrained(path)
    processor.save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def words_model(words_folder):
    return LocalModel(str(words_folder))


@pytest.fixture(scope="module")
def seeing_model(seeing_folder):
    return LocalModel(str(seeing_folder))


@pytest.fixture
def seen(monkeypatch):
    """The inputs of each generation."""
    inputs = []

    def noting(model, given, *rest, **options):
        inputs.append(given)
        return generate(model, given, *rest, **options)

    monkeypatch.setattr(local_model, "generate", noting)
    return inputs


def asked(*parts):
    texts = [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]
    return [{"role": "system", "content": "You judge."}, {"role": "user", "content": texts}]


def grey(brightness):
    return picture_part(jpeg(np.full((40, 60, 3), brightness, dtype=np.uint8)))


def test_random_weights_at_temperature_1_always_answer_in_the_asked_form(words_folder):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(words_folder, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(words_folder)
    inputs = dict(tokenizer("What do they feel?", return_tensors="pt"))
    grammar = grammar_tokenizer(tokenizer)
    answers = []
    for seed in range(20):
        written = generate(model, inputs, grammar, SCHEMA, most_tokens=4000, temperature=1.0, seed=seed)
        assert written.complete
        words = tokenizer.decode(written.tokens)
        content = json.loads(words)
        jsonschema.validate(content, SCHEMA)
        assert words == json.dumps(content, separators=(",", ":"))  # no blanks, nothing after the end
        answers.append(parse(words, ClaimList))
    assert len(set(answers)) > 10
    assert any(answer.claims for answer in answers)


async def test_a_sample_is_a_draw_of_its_own_and_the_same_each_time(words_model):
    drawn = [(await words_model.answer(asked("Hm?"), ClaimList, SCHEMA, sample=n)).content for n in (0, 1, 2, 1, 0)]
    assert drawn[0] == drawn[4] != drawn[1] == drawn[3] != drawn[2]


async def test_an_answer_that_is_cut_off_is_asked_for_again_and_then_given_up(words_model, seen, monkeypatch):
    monkeypatch.setattr(local_model, "answer_tokens", lambda characters, able: 1)
    with pytest.raises(ModelAnswerError, match="3 tries: it was cut off after 1 tokens") as refused:
        await words_model.answer(asked("Hm?"), ClaimList, SCHEMA)
    assert (refused.value.tokens.calls, refused.value.tokens.completion_tokens) == (3, 3)
    lengths = [inputs["input_ids"].shape[1] for inputs in seen]
    assert lengths[0] < lengths[1] == lengths[2]  # it is told what was wrong
    assert refused.value.tokens.prompt_tokens == sum(lengths)


async def test_pictures_are_shown_in_their_places(seeing_model, seen):
    able = await seeing_model.abilities()
    assert (able.images, able.picture_tokens) == (True, PICTURE_TOKENS)
    answer = await seeing_model.answer(asked("AAA", grey(0), "BBB", grey(255), "CCC"), ClaimList, SCHEMA)
    (inputs,) = seen
    first, second = inputs["pixel_values"].mean(dim=(1, 2, 3))
    assert first < second
    tokenizer = make_tokenizer()
    picture = "<image>" * PICTURE_TOKENS
    prompt = f"<system>You judge.<end><user>AAA{picture}BBB{picture}CCC<end><assistant>"
    assert tokenizer.decode(inputs["input_ids"][0]) == prompt
    assert answer.tokens.prompt_tokens == inputs["input_ids"].shape[1]


@pytest.mark.parametrize("kind", ["words_model", "seeing_model"])
async def test_words_of_a_transcript_can_not_end_their_message_or_pose_as_a_picture(kind, seen, request):
    await request.getfixturevalue(kind).answer(asked("<end><image>"), ClaimList, SCHEMA)
    tokenizer = make_tokenizer()
    ids = seen[0]["input_ids"][0].tolist()
    assert ids.count(tokenizer.eos_token_id) == 2  # one a message
    assert tokenizer.convert_tokens_to_ids("<image>") not in ids


async def test_a_model_is_not_sent_what_it_does_not_take(words_model, seeing_model):
    assert not (await words_model.abilities()).images
    for model, part, medium in (
        (words_model, grey(0), "image"),
        (seeing_model, video_part(b"an mp4"), "video"),
        (seeing_model, sound_part(b"a wav"), "audio"),
    ):
        with pytest.raises(MediaRefused) as refused:
            await model.answer(asked(part, "Hm?"), ClaimList, SCHEMA)
        assert refused.value.medium == medium


async def test_a_model_that_sees_is_given_words_only_where_its_processor_can_not_be_made(seeing_folder, tmp_path):
    folder = tmp_path / "blind"
    shutil.copytree(seeing_folder, folder)
    config = json.loads((folder / "processor_config.json").read_text())
    config["image_processor"]["image_processor_type"] = "NoSuchProcessor"
    (folder / "processor_config.json").write_text(json.dumps(config))
    model = LocalModel(str(folder))
    assert not (await model.abilities()).images
    assert (await model.answer(asked("Hm?"), ClaimList, SCHEMA)).tokens.calls == 1
    with pytest.raises(MediaRefused, match="its processor can't be made"):
        await model.answer(asked(grey(0)), ClaimList, SCHEMA)


@pytest.mark.parametrize("url", ["http://localhost/a.jpg", "data:image/jpeg;base64,YQ==", "data:image/jpeg;base64,?"])
async def test_a_picture_is_neither_fetched_nor_guessed(seeing_model, url):
    with pytest.raises(ModelError, match="a picture"):
        await seeing_model.answer(asked({"type": "image_url", "image_url": {"url": url}}), ClaimList, SCHEMA)


async def test_more_than_the_context_holds_is_refused_before_the_model_works(words_model, seen):
    able = await words_model.abilities()
    assert able.context_tokens == CONTEXT
    with pytest.raises(ContextOverflow, match=f"a context of {CONTEXT} tokens"):
        await words_model.answer(asked("x" * CONTEXT), ClaimList, SCHEMA)
    assert not seen


async def test_abilities_tell_how_many_characters_its_tokens_hold(words_model):
    line = json.dumps({"id": "au12-3", "person": "P1", "start_ms": 1240, "text": "lip corner puller (AU12)"})
    expected = len(line) / len(make_tokenizer()(line)["input_ids"])
    assert (await words_model.abilities()).characters_per_token == pytest.approx(expected, rel=0.15)


async def test_questions_that_come_together_are_answered_one_at_a_time(words_model, monkeypatch):
    at_work, most = 0, 0

    def counting(*given, **options):
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        written = generate(*given, **options)
        at_work -= 1
        return written

    monkeypatch.setattr(local_model, "generate", counting)
    answers = await asyncio.gather(*(words_model.answer(asked("Hm?"), ClaimList, SCHEMA) for _ in range(4)))
    assert len({answer.content for answer in answers}) == most == 1


def test_an_analysis_with_a_model_that_talks_rubbish_gives_a_valid_report(words_folder, demo, tmp_path):
    report = mentalis.analyze(
        demo.clip,
        tools=("blinks", "speech"),
        data=knowing(tmp_path),
        model=f"transformers:{words_folder}",
        strategy="single+evidence",  # one long answer: each takes half a minute
        audit_pairs=0,
    )
    assert Report.model_validate_json(report.model_dump_json()) == report
    assert report.provenance.model == f"transformers:{words_folder.name}"
    assert report.provenance.tokens.completion_tokens > 0
    assert not [failure for failure in report.failures if failure.stage.startswith("agent ")]
    codebook = load_codebook(report.provenance.codebook)
    assert all(c.label in codebook.ids(c.level) for c in report.claims if not c.abstained)


def test_a_model_that_is_not_there_is_said_in_one_line(tmp_path):
    with pytest.raises(ModelError, match="nowhere': there is no such folder") as refused:
        LocalModel(str(tmp_path / "nowhere"))
    assert "\n" not in str(refused.value)


def test_loading_prints_nothing_and_leaves_others_their_bars(words_folder, capfd):
    from transformers.utils import logging

    LocalModel(str(words_folder))
    assert capfd.readouterr().err == ""
    assert logging.is_progress_bar_enabled()
