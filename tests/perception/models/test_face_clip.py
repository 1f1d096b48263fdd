"""Faces and sentences meet in one space: the scores are those of the checkpoint, and captions say what fits."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from mentalis.testing import face_track
from perception.action_units import action_units
from perception.clip import Clip
from perception.errors import OptionError, ToolError
from perception.face_captions import face_captions
from perception.face_captions_by_clip import caption, unclear
from perception.models.face_clip import TransformersEncoder
from perception.tool import make_tool
from perception.tracking import Box
from perception.weights import WeightError
from perception.zero_shot import BLANK, Scores, ZeroShot, face_crop, fitting, looks, prompts

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

WORDS = ["a photo of a person who looks happy", "the eyes are closed", "rain"]
SIZES = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture(scope="module", params=["clip", "siglip"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIP or SigLIP with random weights, as transformers writes it."""
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    words = tiny_tokenizer()
    text = {**SIZES, "vocab_size": len(words), "max_position_embeddings": 24}
    picture = {**SIZES, "image_size": 32, "patch_size": 16}
    if request.param == "clip":
        text["eos_token_id"] = words.eos_token_id
        model = transformers.CLIPModel(
            transformers.CLIPConfig(text_config=text, vision_config=picture, projection_dim=8)
        )
        pictures = transformers.CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    else:
        model = transformers.SiglipModel(transformers.SiglipConfig(text_config=text, vision_config=picture))
        pictures = transformers.SiglipImageProcessorPil(size={"height": 32, "width": 32})
    for part in (model, pictures, words):
        part.save_pretrained(folder)
    return folder


def tiny_tokenizer():
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<pad>", "<eos>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    learnt.train_from_iterator(WORDS, trainer)
    learnt.post_processor = processors.TemplateProcessing(single="$A <eos>", special_tokens=[("<eos>", 1)])
    return transformers.PreTrainedTokenizerFast(tokenizer_object=learnt, pad_token="<pad>", eos_token="<eos>")


def noise(count: int, size: int = 40) -> list[np.ndarray]:
    return list(np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8))


class ByColour:
    """An encoder that takes red for happy, green for sad and blue for a smile's wording, and knows nothing else."""

    name, logit_scale = "colours", 20.0

    def encode_image(self, faces):
        means = np.array([[*face.reshape(-1, 3).mean(axis=0), 0.0] for face in faces])
        return means / np.linalg.norm(means, axis=1, keepdims=True)

    def encode_text(self, sentences):
        known = [[word in s for word in (" happy", " sad", "pulled up in a smile")] for s in sentences]
        return np.array([[*found, not any(found)] for found in known], dtype=float)


def test_loading_prints_nothing(checkpoint, capfd):
    TransformersEncoder(str(checkpoint))
    assert capfd.readouterr().err == ""


def test_vectors_give_the_logits_of_the_checkpoint(checkpoint):
    encoder = TransformersEncoder(str(checkpoint))
    faces = noise(3)
    ours = encoder.logit_scale * encoder.encode_image(faces) @ encoder.encode_text(WORDS).T
    model = transformers.AutoModel.from_pretrained(checkpoint)
    words = transformers.AutoTokenizer.from_pretrained(checkpoint)
    pixels = transformers.AutoImageProcessor.from_pretrained(checkpoint, backend="pil")(faces, return_tensors="pt")
    padded = "max_length" if model.config.model_type == "siglip" else True
    ids = words(WORDS, padding=padded, max_length=24, truncation=True, return_tensors="pt")["input_ids"]
    with torch.inference_mode():
        theirs = model(input_ids=ids, pixel_values=pixels["pixel_values"]).logits_per_image.numpy()
    bias = float(getattr(model, "logit_bias", torch.zeros(1)).detach())  # of SigLIP: the same for all pairs
    assert ours + bias == pytest.approx(theirs, abs=1e-4)


def test_many_pictures_are_encoded_as_each_alone_is(checkpoint):
    encoder = TransformersEncoder(str(checkpoint))
    faces = noise(35)
    alone = np.concatenate([encoder.encode_image([face]) for face in (faces[0], faces[34])])
    assert encoder.encode_image(faces)[[0, 34]] == pytest.approx(alone, abs=1e-5)
    assert np.linalg.norm(alone, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_the_state_is_the_one_whose_sentences_fit_and_the_unit_the_one_whose_wording_does():
    red, blue = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)
    red[..., 0], blue[..., 2] = 200, 200
    happy, smiling = ZeroShot(ByColour()).scores([red, blue])
    assert max(happy.states, key=happy.states.get) == "happiness"
    assert sum(happy.states.values()) == pytest.approx(1.0)
    assert sum(happy.intensities.values()) == pytest.approx(1.0)
    assert smiling.units[12] > 0.99
    assert happy.units[12] == pytest.approx(0.5, abs=0.01)  # neither wording fits: no more than even odds


def test_a_clip_is_scored_by_the_mean_of_its_frames():
    red, green = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)
    red[..., 0], green[..., 1] = 200, 200
    of_clip = fitting(ByColour(), [red, red, green], looks(ByColour(), prompts().states))
    assert of_clip["happiness"] > of_clip["sadness"] > of_clip["anger"]
    assert sum(of_clip.values()) == pytest.approx(1.0)


def test_every_unit_that_captions_tell_of_has_both_wordings():
    from perception.face_captions import words

    assert {unit for units in words().regions.values() for unit in units} <= prompts().units.keys()


def test_a_crop_is_wider_than_the_face_and_goes_on_beyond_the_picture():
    rgb = np.arange(20 * 30 * 3, dtype=np.uint32).astype(np.uint8).reshape(20, 30, 3)
    assert (face_crop(rgb, Box(10, 5, 20, 15)) == rgb[4:17, 8:21]).all()
    edge = face_crop(rgb, Box(-5, -5, 5, 5))
    assert edge.shape == (13, 13, 3)
    assert (edge[0, 0] == rgb[0, 0]).all()


NOTHING = Scores(dict.fromkeys(prompts().states, 1 / 7), {}, dict.fromkeys(prompts().units, 0.5))


def test_a_caption_tells_state_regions_and_what_carries_it_without_any_intensity_of_an_action_unit():
    scores = Scores({"happiness": 0.8, "neutral": 0.2}, {"low": 0.1, "high": 0.9}, {12: 0.91, 6: 0.72, 4: 0.3})
    text = caption(scores, NOTHING, {"eyebrows": (4,), "eyes": (6,), "mouth": (12,)})
    assert text == (
        "overall most like happiness of 2 (0.80), high intensity; eyes: the cheeks are raised with wrinkles at the eye "
        "corners (wording of AU6 fits 0.72); mouth: the corners of the mouth are pulled up in a smile (wording of AU12 "
        "fits 0.91); carried by the eyes and mouth"
    )


def test_a_wording_that_fits_a_blank_picture_as_well_is_not_told():
    scores = Scores({"happiness": 0.8, "neutral": 0.2}, {}, {23: 0.88, 12: 0.91})
    blank = Scores({"happiness": 0.5, "neutral": 0.5}, {}, {23: 0.92, 12: 0.5})
    text = caption(scores, blank, {"mouth": (12, 23)})
    assert "AU12" in text
    assert "AU23" not in text


@pytest.mark.parametrize(
    ("scores", "why"),
    [
        (
            (0.16, 0.15, 0.14, 0.14, 0.14, 0.14, 0.13),
            "clearly better than chance (best: neutral 0.16 of 7, chance 0.14)",
        ),
        ((0.45, 0.40, 0.03, 0.03, 0.03, 0.03, 0.03), "clearly better than the next (neutral 0.45, happiness 0.40)"),
        (
            (0.50, 0.10, 0.08, 0.08, 0.08, 0.08, 0.08),
            "fits not clearly better (0.50) than it fits a blank picture (0.45)",
        ),
    ],
)
def test_scores_that_name_no_state_say_why(scores, why):
    blank = {name: 0.45 if name == "neutral" else 0.1 for name in prompts().states}
    assert why in unclear(dict(zip(prompts().states, scores, strict=True)), blank)


def test_a_state_that_stands_out_is_clear():
    assert unclear({"neutral": 0.4, **dict.fromkeys("abcdef", 0.1)}, NOTHING.states) is None


class AlwaysHappy(ByColour):
    def encode_image(self, faces):
        return np.array([[0.0, 0.0, 0.0, 1.0] if face is BLANK else [1.0, 0.0, 0.0, 0.0] for face in faces])


def captioned(clip, model):
    faces = [
        face_track(seconds=12, person=person, actions=[("au12", 3.0, 4.5, 1.0), ("au4", 8.0, 9.5, 1.0)])
        for person in ("P1", "P2")
    ]
    units = action_units(engine="geometry")(clip, faces=faces)
    return face_captions(engine="clip", model=str(model))(clip, faces=faces, action_units=units)


def test_moments_of_a_clip_are_captioned_by_an_encoder_that_knows_them(checkpoint, make_clip, monkeypatch):
    from perception import face_captions_by_clip

    monkeypatch.setattr(face_captions_by_clip, "face_encoder", lambda engine, model: AlwaysHappy())
    found = captioned(Clip.open(make_clip(frames=120, rate=10)), checkpoint)
    captions = found.events("face_caption")
    assert [o.person for o in captions] == ["P1", "P2", "P1", "P2"]
    assert 3.0 <= captions[0].start_s <= 4.5 < captions[2].start_s
    assert all("overall most like happiness of 7" in o.text and o.confidence <= 0.5 for o in captions)
    assert captions[0].unit != "FACS 0-5"


def test_a_checkpoint_that_knows_nothing_tells_nothing_and_why(checkpoint, make_clip):
    found = captioned(Clip.open(make_clip(frames=120, rate=10)), checkpoint)
    assert not found.observations
    assert [a.person for a in found.abstentions] == ["P1", "P2", "P1", "P2"]
    assert all(" no better " in a.reason or " clearly better " in a.reason for a in found.abstentions)
    assert found.notes["model"] == checkpoint.name
    assert str(checkpoint.parent) not in found.model_dump_json()


def test_other_weights_in_the_same_folder_give_another_result(checkpoint, tmp_path):
    def depends_on():
        return face_captions(engine="clip", model=str(tmp_path)).run.depends_on(None)

    (tmp_path / "config.json").write_text("{}")
    first = depends_on()
    (tmp_path / "model.safetensors").write_bytes(b"1")
    assert depends_on() != first


def test_captions_without_a_clip_say_that_they_are_composed(make_clip):
    found = face_captions()(Clip.open(make_clip()), faces=[], action_units=None)
    assert found.notes["engine"] == "composed"
    assert found.notes["zero-shot"].startswith("none: no CLIP was given")


def test_what_is_missing_is_told_in_a_line(tmp_path):
    with pytest.raises(OptionError, match=r"needs face_captions\.model="):
        make_tool("face_captions", engine="clip")
    with pytest.raises(OptionError, match=r"needs face_captions\.engine=clip"):
        make_tool("face_captions", model="x")
    with pytest.raises(ToolError, match="EmoCapCLIP's weights are not public") as told:
        make_tool("face_captions", engine="emocapclip", model=str(tmp_path))
    assert "\n" not in str(told.value)


def test_what_is_no_clip_is_refused_in_a_line(tmp_path):
    with pytest.raises(ToolError, match="can't be loaded as a CLIP or SigLIP checkpoint") as told:
        TransformersEncoder(str(tmp_path))
    assert "\n" not in str(told.value)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ToolError, match="is a bert, neither a CLIP nor a SigLIP"):
        TransformersEncoder(str(tmp_path))


def test_a_checkpoint_that_is_not_whole_is_refused_and_never_filled_at_random(checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    tensors = load_file(tmp_path / "model.safetensors")
    vision = [name for name in tensors if name.startswith("vision_model")]
    save_file({n: t for n, t in tensors.items() if n not in vision}, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(WeightError, match=r"lacks weights of its network \(vision_model.*more\)"):
        TransformersEncoder(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "model.safetensors").read_bytes()[:-50])
    with pytest.raises(ToolError, match="can't be loaded as a CLIP or SigLIP checkpoint") as told:
        TransformersEncoder(str(tmp_path))
    assert str(tmp_path) in str(told.value)


def test_a_folder_of_a_clip_that_is_not_there_is_told_before_anything_is_measured(tmp_path):
    with pytest.raises(OptionError, match="there is no such folder"):
        make_tool("face_captions", engine="clip", model=str(tmp_path / "nothing"))
