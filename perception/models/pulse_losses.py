"""Losses between a network's wave and the measured pulse: in time, and in the spectrum.

All waves have the shape (batch, time) at 30 samples a second.
"""

import math

import torch
from torch import Tensor

from perception.face_crops import GRID_HZ

BPM = (40, 180)  # of the spectrum's 140 bins, from and below (Yu et al. 2022)
LABEL_SD_BPM = 1.0  # of the distribution about the true rate; rPPG-Toolbox trains PhysFormer with 1
LEAST = 1e-8


def negative_pearson(waves: Tensor, true: Tensor) -> Tensor:
    """1 - r of each wave with the true one, shape (batch,), in [0, 2] (Yu, Li & Zhao 2019)."""
    one, other = (w - w.mean(dim=-1, keepdim=True) for w in (waves, true))
    spreads = torch.linalg.vector_norm(one, dim=-1) * torch.linalg.vector_norm(other, dim=-1)
    return torch.as_tensor(1 - (one * other).sum(dim=-1) / spreads.clamp(min=LEAST))


def spectrum(waves: Tensor) -> Tensor:
    """Power in bins of 1 bpm from `BPM[0]`, as shares that sum to 1, shape (batch, 140); Hann window."""
    n = waves.shape[-1]
    turns = torch.arange(n, device=waves.device) / GRID_HZ
    hz = torch.arange(*BPM, device=waves.device) / 60
    phases = 2 * math.pi * hz[:, None] * turns
    shown = (waves - waves.mean(dim=-1, keepdim=True)) * torch.hann_window(n, periodic=False, device=waves.device)
    power = (shown @ phases.sin().T) ** 2 + (shown @ phases.cos().T) ** 2
    return power / power.sum(dim=-1, keepdim=True).clamp(min=LEAST)


def at_true_rate(waves: Tensor, bpm: Tensor) -> Tensor:
    """Cross entropy of the spectrum with the true rate's bin, shape (batch,).

    Of the shares themselves; the authors' code takes a further softmax, which leaves them nearly even.
    """
    bins = (bpm.round().long() - BPM[0]).clamp(0, BPM[1] - BPM[0] - 1)
    return -torch.log(spectrum(waves).gather(-1, bins[:, None])[:, 0] + LEAST)


def about_true_rate(waves: Tensor, bpm: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the spectrum from a normal distribution about the true rate, shape (batch,)."""
    bins = torch.arange(*BPM, device=waves.device)
    true = torch.exp(-((bins - bpm[:, None]) ** 2) / (2 * LABEL_SD_BPM**2)) + LEAST
    true = true / true.sum(dim=-1, keepdim=True)
    return (true * (true.log() - (spectrum(waves) + LEAST).log())).sum(dim=-1)
