"""PhysNet: a 3-D convolutional network from a face clip to waves of blood volume, as Contrast-Phys trained it.

Yu, Li & Zhao 2019 (BMVC); the variant whose output is a wave for each part of the face: Sun & Li 2022 (ECCV).
The names of the parts are those of the published state dictionary (zhaodongsun/contrast-phys, demo/model_weights.pt).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

CHANNELS = (32, 64)  # of the first layer, and of all others
PARTS = 2  # of the face, across and down


class PhysNet(nn.Module):
    """Waves of `parts` x `parts` regions of the picture.

    Args:
        parts: across and down.
        channels: of the first layer and of all others; the published weights have (32, 64).
    """

    def __init__(self, parts: int = PARTS, channels: Sequence[int] = CHANNELS) -> None:
        super().__init__()
        first, wide = channels
        self.start = nn.Sequential(*_convolved(first, 3, (1, 5, 5)))
        self.loop1 = _stage(first, wide, pooled_in_time=False)
        self.encoder1 = _stage(wide, wide, pooled_in_time=True)
        self.encoder2 = _stage(wide, wide, pooled_in_time=True)
        self.loop4 = _stage(wide, wide, pooled_in_time=False)
        self.decoder1 = nn.Sequential(*_convolved(wide, wide, (3, 1, 1)))
        self.decoder2 = nn.Sequential(*_convolved(wide, wide, (3, 1, 1)))
        self.end = nn.Sequential(nn.AdaptiveAvgPool3d((None, parts, parts)), nn.Conv3d(wide, 1, 1))

    def forward(self, faces: Tensor) -> Tensor:
        """Waves (batch, parts * parts, time) in any unit, row by row from the picture's top left.

        Args:
            faces: shape (batch, 3, time, height, width) in any linear scale: it is standardised for each colour; 128
                pixels high and wide, 16 at least.
        """
        mean = faces.mean(dim=(2, 3, 4), keepdim=True)
        spread = faces.std(dim=(2, 3, 4), keepdim=True).clamp(min=1e-6)
        first = self.loop1(self.start((faces - mean) / spread))
        half = self.encoder1(first)
        quarter = self.loop4(self.encoder2(half))
        half_again = _as_long_as(half, self.decoder1(_doubled(quarter)))
        whole = _as_long_as(first, self.decoder2(_doubled(half_again)))
        return torch.as_tensor(self.end(whole)[:, 0].flatten(2).transpose(1, 2))


def _convolved(out: int, into: int, kernel: tuple[int, int, int]) -> list[nn.Module]:
    """A convolution that keeps the size, normalised over the batch."""
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    return [nn.Conv3d(into, out, kernel, padding=padding), nn.BatchNorm3d(out), nn.ELU()]


def _stage(into: int, out: int, *, pooled_in_time: bool) -> nn.Sequential:
    """The picture halved (and time, if asked for), then two convolutions."""
    pool = nn.AvgPool3d((2 if pooled_in_time else 1, 2, 2))
    return nn.Sequential(pool, *_convolved(out, into, (3, 3, 3)), *_convolved(out, out, (3, 3, 3)))


def _doubled(features: Tensor) -> Tensor:
    return nn.functional.interpolate(features, scale_factor=(2.0, 1.0, 1.0))


def _as_long_as(other: Tensor, features: Tensor) -> Tensor:
    """With the last time step again where halving has dropped an odd one."""
    missing = other.shape[2] - features.shape[2]
    return nn.functional.pad(features, (0, 0, 0, 0, 0, missing), mode="replicate") if missing else features
