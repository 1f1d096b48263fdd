"""PhysFormer: a video transformer whose attention looks at differences over time, from a face clip to a pulse wave.

Yu, Shen, Shi, Zhao, Torr & Zhao 2022 (CVPR). The names of the parts are those of the published state dictionaries (the
class ViT_ST_ST_Compact3_TDC_gra_sharp of ZitongYu/PhysFormer and of rPPG-Toolbox's *_PhysFormer_DiffNormalized.pth).
"""

from typing import Literal

import torch
from torch import Tensor, nn

PATCH = 4  # frames, and pixels of the stem's output, of a token
STEM_SHRINKS = 8  # times, across and down
SHARPNESS = 2.0  # by which scores are divided before the softmax
Normalisation = Literal["standard", "difference"]


class PhysFormer(nn.Module):
    """One wave of the whole picture.

    Args:
        dim: channels of a token; published 96.
        ff_dim: channels within the feed-forward part; published 144.
        heads: of the attention; published 4.
        layers: in three transformers of a third each; published 12.
        dropout: share dropped in training; published 0.1.
        theta: how much of the temporal difference is taken off; published 0.7.
        normalisation: `standard`, (picture - 127.5) / 128, of the authors; or `difference`, (next - this) / (next +
            this) over its spread, of rPPG-Toolbox, whose wave is the pulse's derivative.
    """

    def __init__(
        self,
        dim: int = 96,
        ff_dim: int = 144,
        heads: int = 4,
        layers: int = 12,
        dropout: float = 0.1,
        theta: float = 0.7,
        normalisation: Normalisation = "difference",
    ) -> None:
        super().__init__()
        self.normalisation = normalisation
        self.Stem0 = _stem(3, dim // 4, (1, 5, 5))
        self.Stem1 = _stem(dim // 4, dim // 2, (3, 3, 3))
        self.Stem2 = _stem(dim // 2, dim, (3, 3, 3))
        self.patch_embedding = nn.Conv3d(dim, dim, PATCH, stride=PATCH)
        self.transformer1, self.transformer2, self.transformer3 = (
            _Transformer(layers // 3, dim, ff_dim, heads, dropout, theta) for _ in range(3)
        )
        self.upsample = _upsampled(dim, dim)
        self.upsample2 = _upsampled(dim, dim // 2)
        self.ConvBlockLast = nn.Conv1d(dim // 2, 1, 1)
        for part in self.modules():
            if isinstance(part, nn.Linear):
                nn.init.xavier_uniform_(part.weight)
                nn.init.normal_(part.bias, std=1e-6)

    def forward(self, faces: Tensor) -> Tensor:
        """Waves (batch, 1, time) in any unit.

        Args:
            faces: shape (batch, 3, time, 128, 128) from 0 to 255; time divides by 4, and a side by 32.
        """
        tokens = self.patch_embedding(self.Stem2(self.Stem1(self.Stem0(normalised(faces, self.normalisation)))))
        for transformer in (self.transformer1, self.transformer2, self.transformer3):
            tokens = transformer(tokens)
        wave = self.upsample2(self.upsample(tokens)).mean(dim=(3, 4))
        return torch.as_tensor(self.ConvBlockLast(wave))


def normalised(faces: Tensor, how: Normalisation) -> Tensor:
    """Pictures from 0 to 255, shape (batch, 3, time, height, width), as the network was trained on them."""
    if how == "standard":
        return (faces - 127.5) / 128
    later, earlier = faces[:, :, 1:], faces[:, :, :-1]
    changes = (later - earlier) / (later + earlier + 1e-7)
    spread = changes.std(dim=(1, 2, 3, 4), keepdim=True).clamp(min=1e-7)
    return torch.cat((changes / spread, torch.zeros_like(faces[:, :, :1])), dim=2)


class _Transformer(nn.Module):
    """Blocks one after the other, on tokens (batch, channels, time, height, width)."""

    def __init__(self, layers: int, dim: int, ff_dim: int, heads: int, dropout: float, theta: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(dim, ff_dim, heads, dropout, theta) for _ in range(layers))

    def forward(self, tokens: Tensor) -> Tensor:
        for block in self.blocks:
            tokens = block(tokens)
        return tokens


class _Block(nn.Module):
    """Attention, then the feed-forward part, each added to what came in."""

    def __init__(self, dim: int, ff_dim: int, heads: int, dropout: float, theta: float) -> None:
        super().__init__()
        self.attn = _Attention(dim, heads, dropout, theta)
        self.proj = nn.Linear(dim, dim)
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.pwff = _FeedForward(dim, ff_dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.drop = nn.Dropout(dropout)

    def forward(self, tokens: Tensor) -> Tensor:
        seen = _per_token(self.proj, self.attn(_per_token(self.norm1, tokens)))
        tokens = tokens + self.drop(seen)
        return torch.as_tensor(tokens + self.drop(self.pwff(_per_token(self.norm2, tokens))))


class _Attention(nn.Module):
    """Queries and keys by convolutions that take differences over time; values by a convolution of single tokens."""

    def __init__(self, dim: int, heads: int, dropout: float, theta: float) -> None:
        super().__init__()
        self.proj_q = nn.Sequential(_TemporalDifference(dim, theta), nn.BatchNorm3d(dim))
        self.proj_k = nn.Sequential(_TemporalDifference(dim, theta), nn.BatchNorm3d(dim))
        self.proj_v = nn.Sequential(nn.Conv3d(dim, dim, 1, bias=False))
        self.drop = nn.Dropout(dropout)
        self.heads = heads

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = (self._split(part(tokens)) for part in (self.proj_q, self.proj_k, self.proj_v))
        scores = self.drop((query @ key.transpose(-2, -1) / SHARPNESS).softmax(dim=-1))
        return torch.as_tensor((scores @ value).transpose(-2, -1).reshape(tokens.shape))

    def _split(self, tokens: Tensor) -> Tensor:
        """Shape (batch, heads, tokens, channels of a head)."""
        batch, channels = tokens.shape[:2]
        return tokens.reshape(batch, self.heads, channels // self.heads, -1).transpose(-2, -1)


class _TemporalDifference(nn.Module):
    """A convolution less a share of what the frames before and after alone give at the middle (Yu et al. 2020)."""

    def __init__(self, dim: int, theta: float) -> None:
        super().__init__()
        self.conv = nn.Conv3d(dim, dim, 3, padding=1, bias=False)
        self.theta = theta

    def forward(self, tokens: Tensor) -> Tensor:
        around = self.conv.weight[:, :, (0, 2)].sum(dim=(2, 3, 4))[..., None, None, None]
        return torch.as_tensor(self.conv(tokens) - self.theta * nn.functional.conv3d(tokens, around))


class _FeedForward(nn.Module):
    """Wider, over the neighbours in space and time for each channel, and back."""

    def __init__(self, dim: int, ff_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Sequential(nn.Conv3d(dim, ff_dim, 1, bias=False), nn.BatchNorm3d(ff_dim), nn.ELU())
        around = nn.Conv3d(ff_dim, ff_dim, 3, padding=1, groups=ff_dim, bias=False)
        self.STConv = nn.Sequential(around, nn.BatchNorm3d(ff_dim), nn.ELU())
        self.fc2 = nn.Sequential(nn.Conv3d(ff_dim, dim, 1, bias=False), nn.BatchNorm3d(dim))

    def forward(self, tokens: Tensor) -> Tensor:
        return torch.as_tensor(self.fc2(self.STConv(self.fc1(tokens))))


def _per_token(layer: nn.Module, tokens: Tensor) -> Tensor:
    """A layer on the channels of each token."""
    return torch.as_tensor(layer(tokens.movedim(1, -1)).movedim(-1, 1))


def _stem(into: int, out: int, kernel: tuple[int, int, int]) -> nn.Sequential:
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    convolution = nn.Conv3d(into, out, kernel, padding=padding)
    return nn.Sequential(convolution, nn.BatchNorm3d(out), nn.ReLU(), nn.MaxPool3d((1, 2, 2)))


def _upsampled(into: int, out: int) -> nn.Sequential:
    """Twice as long in time."""
    convolution = nn.Conv3d(into, out, (3, 1, 1), padding=(1, 0, 0))
    return nn.Sequential(nn.Upsample(scale_factor=(2.0, 1.0, 1.0)), convolution, nn.BatchNorm3d(out), nn.ELU())
