"""FactorizePhys: 3-D convolutions on differences of frames, with attention by a rank-1 matrix factorisation.

Joshi, Agaian & Cho 2024 (NeurIPS). The names of the parts are those of the published state dictionaries (rPPG-Toolbox,
final_model_release/*_FactorizePhys_FSAM_Res.pth, with `module.` in front of each).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

CHANNELS = (8, 12, 16)
SIDE_PX = 72  # the strides leave one pixel of it
ROUNDS = 4  # of the factorisation's multiplicative updates
DROPOUT = 0.1
LEAST = 1e-6


class FactorizePhys(nn.Module):
    """One wave of the whole picture.

    Args:
        channels: of the layers, from the picture on; the published weights have (8, 12, 16).
        attends: use the factorised attention at inference, too; it is always used in training. The paper finds the
            same accuracy without it, and the toolbox tests so.
    """

    def __init__(self, channels: Sequence[int] = CHANNELS, attends: bool = False) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm3d(3)
        self.rppg_feature_extractor = _Extractor(channels)
        self.rppg_head = _Head(channels, attends)

    def forward(self, faces: Tensor) -> Tensor:
        """Waves (batch, 1, time) in any unit.

        Args:
            faces: shape (batch, 3, time, 72, 72) in any linear scale.
        """
        shown_again = torch.cat((faces, faces[:, :, -1:]), dim=2)  # as many differences as frames
        changes = self.norm(torch.diff(shown_again, dim=2))
        return torch.as_tensor(self.rppg_head(self.rppg_feature_extractor(changes)))


class _Block(nn.Module):
    """A convolution with its non-linearity, normalised for each clip; `padded` keeps the picture's size."""

    def __init__(self, into: int, out: int, stride: int = 1, padded: bool = False) -> None:
        super().__init__()
        padding = (1, 1, 1) if padded else (1, 0, 0)
        convolution = nn.Conv3d(into, out, 3, stride=(1, stride, stride), padding=padding, bias=False)
        self.conv_block_3d = nn.Sequential(convolution, nn.Tanh(), nn.InstanceNorm3d(out))

    def forward(self, features: Tensor) -> Tensor:
        return torch.as_tensor(self.conv_block_3d(features))


class _Extractor(nn.Module):
    """72 pixels to 13."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        few, some, many = channels
        self.FeatureExtractor = nn.Sequential(
            _Block(3, few, padded=True),
            _Block(few, some, stride=2),
            _Block(some, some),
            nn.Dropout3d(DROPOUT),
            _Block(some, some),
            _Block(some, many, stride=2),
            _Block(many, many),
            nn.Dropout3d(DROPOUT),
        )

    def forward(self, changes: Tensor) -> Tensor:
        return torch.as_tensor(self.FeatureExtractor(changes))


class _Head(nn.Module):
    """13 pixels to 7, weighted by the attention, then to one."""

    def __init__(self, channels: Sequence[int], attends: bool) -> None:
        super().__init__()
        few, some, many = channels
        self.attends = attends
        self.conv_block = nn.Sequential(*(_Block(many, many) for _ in range(3)), nn.Dropout3d(DROPOUT))
        self.fsam = _FactorisedAttention(many)
        self.fsam_norm = nn.InstanceNorm3d(many)
        last = nn.Conv3d(few, 1, 3, padding=(1, 0, 0), bias=False)
        self.final_layer = nn.Sequential(_Block(many, some), _Block(some, few), last)

    def forward(self, features: Tensor) -> Tensor:
        features = self.conv_block(features)
        if self.training or self.attends:
            lowest = features.amin(dim=(1, 2, 3, 4), keepdim=True)
            mask = self.fsam(features - lowest)
            mask = mask - mask.amin(dim=(1, 2, 3, 4), keepdim=True)
            features = features + self.fsam_norm((features - lowest + 1) * (mask + 1))
        return torch.as_tensor(self.final_layer(features)[..., 0, 0])


class _FactorisedAttention(nn.Module):
    """What one wave over time, times one map over channels and places, explains of the features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few = channels // 2
        self.pre_conv_block = nn.Sequential(nn.Conv3d(channels, few, 1), nn.ReLU())
        self.post_conv_block = nn.Sequential(_Rectified(few), nn.Conv3d(few, channels, 1, bias=False))

    def forward(self, features: Tensor) -> Tensor:
        positive = self.pre_conv_block(features)
        # The memory's order, channels first, is read as (time, the rest), as the published weights were trained.
        matrix = positive.reshape(len(positive), positive.shape[2], -1)
        return torch.as_tensor(self.post_conv_block(_rank_one(matrix).reshape(positive.shape)))


class _Rectified(nn.Module):
    """A convolution of single points with its rectifier."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        return nn.functional.relu(self.conv(features))


def _rank_one(matrix: Tensor) -> Tensor:
    """The non-negative rank-1 approximation of matrices (batch, rows, columns); gradients flow through the last step.

    Multiplicative updates (Lee & Seung 1999) from equal weights.
    """
    columns = matrix.transpose(1, 2)
    with torch.no_grad():
        rows = torch.full_like(matrix[..., :1], matrix.shape[1] ** -0.5)
        weights = torch.ones_like(columns[..., :1])  # a softmax over one basis
        for _ in range(ROUNDS):
            weights = weights * (columns @ rows) / (weights @ (rows.transpose(1, 2) @ rows) + LEAST)
            rows = rows * (matrix @ weights) / (rows @ (weights.transpose(1, 2) @ weights) + LEAST)
    weights = weights * (columns @ rows) / (weights @ (rows.transpose(1, 2) @ rows) + LEAST)
    return rows @ weights.transpose(1, 2)
