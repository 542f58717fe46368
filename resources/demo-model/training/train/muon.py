"""Muon for matrices, AdamW for everything else.

The momentum of a matrix is made nearly orthogonal before each step (Newton-Schulz, after Keller Jordan 2024), with the
step's size matched to AdamW's (0.2 * sqrt of the longer side, after Liu et al. 2025, arXiv 2502.16982).
"""

from __future__ import annotations

import torch
from torch import Tensor

_A, _B, _C = 3.4445, -4.7750, 2.0315
_STEPS = 5


class Muon(torch.optim.Optimizer):
    """Groups with `orthogonal` are matrices for Muon; the others get AdamW. Rates, decay and betas are per group."""

    def __init__(self, groups: list[dict]) -> None:
        defaults = {"lr": 1e-3, "weight_decay": 0.0, "betas": (0.9, 0.98), "momentum": 0.95, "orthogonal": False}
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One step of all groups."""
        for group in self.param_groups:
            parameters = [p for p in group["params"] if p.grad is not None]
            for parameter in parameters:
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
            if group["orthogonal"]:
                self._orthogonal(group, parameters)
            else:
                self._adam(group, parameters)

    def _orthogonal(self, group: dict, parameters: list[Tensor]) -> None:
        by_shape: dict[tuple[int, ...], list[Tensor]] = {}
        for parameter in parameters:
            by_shape.setdefault(tuple(parameter.shape), []).append(parameter)
        for shape, alike in by_shape.items():
            wanted = []
            for parameter in alike:
                state = self.state[parameter]
                momentum = state.setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(parameter.grad, 1 - group["momentum"])
                wanted.append(parameter.grad.lerp(momentum, group["momentum"]))
            size = group["lr"] * 0.2 * max(shape) ** 0.5
            for parameter, update in zip(alike, orthogonal(torch.stack(wanted))):
                parameter.sub_(update.to(parameter.dtype), alpha=size)

    def _adam(self, group: dict, parameters: list[Tensor]) -> None:
        first, second = group["betas"]
        for parameter in parameters:
            state = self.state[parameter]
            if not state:
                state["step"] = 0
                state["mean"] = torch.zeros_like(parameter)
                state["square"] = torch.zeros_like(parameter)
            state["step"] += 1
            state["mean"].lerp_(parameter.grad, 1 - first)
            state["square"].mul_(second).addcmul_(parameter.grad, parameter.grad, value=1 - second)
            mean = state["mean"] / (1 - first ** state["step"])
            spread = (state["square"] / (1 - second ** state["step"])).sqrt().add_(1e-8)
            parameter.addcdiv_(mean, spread, value=-group["lr"])


def orthogonal(matrices: Tensor) -> Tensor:
    """[count, rows, columns] to matrices whose singular values are all about 1."""
    x = matrices.bfloat16() if matrices.device.type == "cuda" else matrices
    turned = x.shape[1] > x.shape[2]
    if turned:
        x = x.transpose(1, 2)
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_STEPS):
        gram = x @ x.transpose(1, 2)
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return x.transpose(1, 2) if turned else x
