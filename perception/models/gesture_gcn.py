"""Gestures from skeletons: a graph convolution over joints and a convolution over time, block by block.

After ST-GCN (Yan, Xiong & Lin 2018, AAAI), the baseline of iMiGUE (Liu et al. 2021) and SMG (Chen et al. 2023).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from perception.models.skeletons import PARTITIONS, Layout, adjacency

NETWORK = "gesture-gcn"
WIDTHS, STRIDES = (64, 64, 128, 128, 256), (1, 1, 2, 1, 2)  # of its blocks: half the depth of ST-GCN, for few clips
KERNEL, DROPOUT = 9, 0.3  # frames; share of what a block tells


class GestureGCN(nn.Module):
    """Class scores of a skeleton's movement.

    Input (N, 3, frames, joints, 1) as `skeletons.sample` makes it; output logits (N, classes).
    """

    def __init__(
        self,
        skeleton: Layout,
        classes: int,
        widths: Sequence[int] = WIDTHS,
        strides: Sequence[int] = STRIDES,
        dropout: float = DROPOUT,
    ) -> None:
        """Build the network for a skeleton; one block for each width."""
        super().__init__()
        joints = len(skeleton.joints)
        neighbours = torch.from_numpy(adjacency(skeleton))
        self.normalised = nn.BatchNorm1d(3 * joints)
        ins = (3, *widths[:-1])
        self.blocks = nn.ModuleList(
            Block(i, o, s, neighbours, dropout) for i, o, s in zip(ins, widths, strides, strict=True)
        )
        self.scores = nn.Linear(widths[-1], classes)

    def forward(self, movement: Tensor) -> Tensor:
        """Logits (N, classes) of movements (N, 3, frames, joints, 1)."""
        n, c, t, v, _ = movement.shape
        x = movement[..., 0].permute(0, 1, 3, 2).reshape(n, c * v, t)
        x = self.normalised(x).reshape(n, c, v, t).permute(0, 1, 3, 2)
        for block in self.blocks:
            x = block(x)
        logits: Tensor = self.scores(x.mean(dim=(2, 3)))
        return logits


class Block(nn.Module):
    """A convolution over neighbouring joints, then one over neighbouring frames, beside a short cut."""

    neighbours: Tensor

    def __init__(self, width_in: int, width: int, stride: int, neighbours: Tensor, dropout: float) -> None:
        """`neighbours` has shape (3, joints, joints); how much each bone counts is learnt."""
        super().__init__()
        self.register_buffer("neighbours", neighbours, persistent=False)
        self.weight_of_bone = nn.Parameter(torch.ones_like(neighbours))
        self.over_joints = nn.Conv2d(width_in, width * PARTITIONS, 1)
        self.over_time = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, (KERNEL, 1), (stride, 1), (KERNEL // 2, 0)),
            nn.BatchNorm2d(width),
            nn.Dropout(dropout),
        )
        same = width_in == width and stride == 1
        self.short_cut: nn.Module = (
            nn.Identity() if same else nn.Sequential(nn.Conv2d(width_in, width, 1, (stride, 1)), nn.BatchNorm2d(width))
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, frames / stride, joints) of (N, width_in, frames, joints)."""
        n, _, t, v = x.shape
        parts = self.over_joints(x).reshape(n, PARTITIONS, -1, t, v)
        mixed = torch.einsum("npctv,pvw->nctw", parts, self.neighbours * self.weight_of_bone)
        return torch.relu(self.over_time(mixed) + self.short_cut(x))
