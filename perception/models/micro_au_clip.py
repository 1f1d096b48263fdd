"""Micro-AU CLIP: which action units come between two pictures of a face, by attention in their regions and their texts.

Our own implementation from the description in the paper's abstract (arXiv 2603.16302, 2026), whose code, texts and
weights are not public: patch-token attention (PTA) inside each unit's region, global dependency attention (GDA) among
the units, and texts of each unit shown and absent in the embedding of CLIP (Radford et al. 2021). All sizes are ours.
"""

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
import yaml
from torch import Tensor, nn
from torch.nn import functional

from perception.evidence import Frozen
from perception.models.quiet_loading import check_whole, no_bar
from perception.weights import WeightError

NETWORK = "micro-au-clip"
WIDTH, HEADS, LAYERS = 256, 4, 1  # of what is known of a unit; of its attention to other units
SCALE, LARGEST_SCALE = 20.0, 100.0  # of the margin between two cosines; CLIP's own goes up to 100
MEAN, DEVIATION = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)  # of CLIP's pictures
VISION = (  # what a vision tower is built with, kept in the card
    "hidden_size", "intermediate_size", "projection_dim", "num_hidden_layers", "num_attention_heads", "image_size",
    "patch_size", "hidden_act", "layer_norm_eps",
)  # fmt: skip


class Texts(Frozen):
    """What is said of a face that shows an action unit, and of one that does not."""

    shown: str
    absent: str


@cache
def texts() -> dict[int, Texts]:
    """The texts of each action unit."""
    path = Path(__file__).parents[1] / "data" / "au_texts.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {unit: Texts.model_validate(told) for unit, told in content.items()}


class Seen(NamedTuple):
    """What the network makes of N pairs of pictures, for K units."""

    logits: Tensor  # (N, K); a sigmoid makes them probabilities that a unit is shown
    visual: Tensor  # (N, K, D) of length 1, in the embedding of the texts
    attention: Tensor  # (N, K, P) over patches, adds up to 1; 0 outside of the unit's region


class MicroAUClip(nn.Module):
    """The network. Its text tower is used once, when it is made: afterwards its texts are a constant."""

    told: Tensor
    prior: Tensor

    def __init__(self, vision: Any, units: Sequence[int], told: Tensor, prior: Tensor | None = None) -> None:
        """Build it.

        Args:
            vision: CLIP's vision tower (transformers' CLIPVisionModel).
            units: action units, K.
            told: embeddings of the texts shown and absent, shape (K, 2, D).
            prior: how much more often than by chance two units are shown together, log, shape (K, K).
        """
        super().__init__()
        self.vision, self.units = vision, tuple(units)
        self.region_attention = PatchTokenAttention(2 * vision.config.hidden_size, len(units), WIDTH)
        self.dependencies = nn.ModuleList(GlobalDependencyAttention(WIDTH, HEADS) for _ in range(LAYERS))
        self.to_text = nn.Linear(WIDTH, told.shape[-1])
        self.log_scale = nn.Parameter(torch.tensor(math.log(SCALE)))
        self.register_buffer("told", functional.normalize(told.float(), dim=-1))
        self.register_buffer("prior", torch.zeros(len(units), len(units)) if prior is None else prior.float())

    @property
    def size_px(self) -> int:
        """Of a square picture."""
        return int(self.vision.config.image_size)

    @property
    def grid(self) -> int:
        """Patches along a side."""
        return self.size_px // int(self.vision.config.patch_size)

    def forward(self, onset: Tensor, apex: Tensor, regions: Tensor) -> Seen:
        """Compare pictures at the onset and at the apex.

        Args:
            onset: pictures (N, 3, size, size) as `as_input` makes them.
            apex: the same faces, held by the same landmarks.
            regions: share of each patch in each unit's region, (N, K, P) in [0, 1].
        """
        before, after = self._tokens(torch.cat([onset, apex])).chunk(2)
        features, attention = self.region_attention(torch.cat([after, after - before], dim=-1), regions)
        for layer in self.dependencies:
            features = layer(features, self.prior)
        visual = functional.normalize(self.to_text(features).float(), dim=-1)
        shown, absent = self.told.unbind(dim=1)  # (K, D) each
        margin = (visual * (shown - absent)).sum(dim=-1)
        return Seen(self.scale * margin, visual, attention)

    @property
    def scale(self) -> Tensor:
        """What cosines are multiplied with."""
        return self.log_scale.exp().clamp(max=LARGEST_SCALE)

    def _tokens(self, pictures: Tensor) -> Tensor:
        """Patch tokens (N, P, hidden); that of the whole picture is left out."""
        tokens: Tensor = self.vision(pixel_values=pictures).last_hidden_state[:, 1:]
        normed: Tensor = self.vision.post_layernorm(tokens)
        return normed


class PatchTokenAttention(nn.Module):
    """PTA: each unit asks the patch tokens of its own region alone, and maps what they tell to one feature."""

    def __init__(self, width_in: int, units: int, width: int) -> None:
        """`units` questions over tokens of `width_in`."""
        super().__init__()
        self.questions = nn.Parameter(torch.randn(units, width) / math.sqrt(width))
        self.keys, self.values = nn.Linear(width_in, width), nn.Linear(width_in, width)

    def forward(self, tokens: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Features (N, K, width) and attention (N, K, P) of tokens (N, P, width_in) and regions (N, K, P)."""
        asked = self.questions @ self.keys(tokens).transpose(1, 2) / math.sqrt(self.questions.shape[1])
        attention = (asked.float() + regions.log()).softmax(dim=-1)  # log 0 shuts a patch out
        return attention.to(tokens.dtype) @ self.values(tokens), attention


class GlobalDependencyAttention(nn.Module):
    """GDA: what is known of a unit attends to the others, the more to those that it is usually shown with."""

    def __init__(self, width: int, heads: int) -> None:
        """`heads` of the attention; how far each heeds the prior is learnt."""
        super().__init__()
        self.heads = heads
        self.heed = nn.Parameter(torch.ones(heads))
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.thought = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, features: Tensor, prior: Tensor) -> Tensor:
        """(N, K, width) of (N, K, width), with a prior (K, K)."""
        n, k, width = features.shape
        parts = self.asked(self.before(features)).reshape(n, k, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        bias = (self.heed[:, None, None] * prior)[None].to(query.dtype)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        features = features + self.out(mixed.transpose(1, 2).reshape(n, k, width))
        thought: Tensor = features + self.thought(self.between(features))
        return thought


def from_backbone(source: str, units: Sequence[int], prior: Tensor | None = None) -> MicroAUClip:
    """The network on a CLIP of transformers, its own parts new.

    Args:
        source: a local folder with model and tokenizer, or an id of the hub.
        units: action units, each with texts.
        prior: see `MicroAUClip`.

    Raises:
        WeightError: there is no CLIP, it is not whole, or it can't be reached.
    """
    from safetensors import SafetensorError
    from transformers import AutoTokenizer, CLIPModel

    try:
        with no_bar():
            tokenizer = AutoTokenizer.from_pretrained(source)
            read: Any = CLIPModel.from_pretrained(source, output_loading_info=True)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise WeightError(
            f"{source} is no CLIP with its tokenizer ({str(error).splitlines()[0]}): "
            "give a local folder, or an id of the hub where that can be reached"
        ) from error
    clip, told_of_it = read
    check_whole(source, told_of_it)
    said = [text for unit in units for text in (texts()[unit].shown, texts()[unit].absent)]
    with torch.inference_mode():
        tokens = tokenizer(said, padding=True, return_tensors="pt")
        told = clip.get_text_features(tokens["input_ids"], tokens["attention_mask"]).pooler_output
    return MicroAUClip(clip.vision_model, units, told.clone().reshape(len(units), 2, -1), prior)


def from_settings(settings: dict[str, Any]) -> MicroAUClip:
    """The network as a card's settings tell it, to load weights into."""
    from transformers import CLIPVisionConfig, CLIPVisionModel

    vision = CLIPVisionModel(CLIPVisionConfig(**{name: settings[name] for name in VISION}))
    units = settings["units"]
    return MicroAUClip(vision, units, torch.zeros(len(units), 2, settings["text_dim"]))


def settings_of(network: MicroAUClip) -> dict[str, Any]:
    """What `from_settings` needs."""
    vision = {name: getattr(network.vision.config, name) for name in VISION}
    return {"units": [*network.units], "text_dim": network.told.shape[-1], **vision}


def train_only_last(network: MicroAUClip, layers: int) -> None:
    """Keep the vision tower as it is but for its last layers."""
    network.vision.requires_grad_(False)
    network.vision.post_layernorm.requires_grad_(layers > 0)
    for layer in network.vision.encoder.layers[len(network.vision.encoder.layers) - layers :]:
        layer.requires_grad_(True)


def as_input(pictures: Tensor) -> Tensor:
    """Pictures (N, size, size, 3) of 0-255 as the vision tower takes them, (N, 3, size, size)."""
    scaled = pictures.float().permute(0, 3, 1, 2) / 255
    mean, deviation = (torch.tensor(told, device=scaled.device)[:, None, None] for told in (MEAN, DEVIATION))
    return (scaled - mean) / deviation
