"""Phases by wall-clock time, and how the learning rate runs within them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from muon import Muon

WEIGHT_DECAY = 0.05
# how much larger the steps of matrices may be than those of AdamW
MUON_RATE = 3.0


@dataclass(frozen=True)
class Phase:
    """Part of the training. `share` of its time; the rate falls from `high` to `low` after a warm-up."""

    name: str
    share: float
    high: float
    low: float
    warm_seconds: float
    tower_learns: bool = True

    def rate(self, elapsed: float, seconds: float) -> float:
        """The learning rate after `elapsed` of the phase's `seconds`."""
        warm = min(1.0, (elapsed + 1) / max(1e-9, min(self.warm_seconds, seconds * 0.1)))
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, elapsed / seconds)))
        return warm * (self.low + (self.high - self.low) * fall)


# the tower stands still while the language model learns to read it: its first errors would undo what the tower knows
FROM_NOTHING = (
    Phase("vision", 0.205, 1.2e-3, 5e-4, 20),
    Phase("read", 0.20, 1.3e-3, 1e-3, 20, tower_learns=False),
    Phase("joint", 0.395, 1e-3, 5e-4, 20),
    Phase("fine", 0.20, 5e-4, 1e-5, 5),
)
GOING_ON = (
    Phase("vision", 0.1, 6e-4, 4e-4, 20),
    Phase("joint", 0.6, 4.5e-4, 3e-4, 30),
    Phase("fine", 0.3, 3e-4, 5e-6, 5),
)


def optimizer_for(model: nn.Module, reader: nn.Module) -> Muon:
    """Muon for the matrices inside the model, AdamW for embeddings, the reader and vectors, which are not decayed."""
    inner, outer, vectors = [], [], []
    for name, parameter in [*model.named_parameters(), *reader.named_parameters(prefix="reader")]:
        if parameter.dim() <= 1:
            vectors.append(parameter)
        elif any(part in name for part in ("embedding", "patch", "reader")):
            outer.append(parameter)
        else:
            inner.append(parameter)
    return Muon(
        [
            {"params": inner, "weight_decay": WEIGHT_DECAY, "orthogonal": True},
            {"params": outer, "weight_decay": WEIGHT_DECAY},
            {"params": vectors},
        ]
    )


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """`rate` for AdamW's groups, more for Muon's."""
    for group in optimizer.param_groups:
        group["lr"] = rate * (MUON_RATE if group["orthogonal"] else 1)
