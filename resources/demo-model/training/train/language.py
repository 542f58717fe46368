"""Qwen2-VL's language model: rotary positions in three sections, grouped queries, tied embeddings."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vision import rotate


@dataclass(frozen=True)
class LanguageShape:
    """Sizes of the language model; `sections` of half a head turn with time, row and column."""

    vocabulary: int
    width: int = 192
    heads: int = 6
    kv_heads: int = 2
    layers: int = 4
    feed_forward: int = 512
    rope_base: float = 10000.0
    sections: tuple[int, int, int] = (4, 6, 6)
    eps: float = 1e-6


class RmsNorm(nn.Module):
    """Scales by the root of the mean square."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """x: [..., width]."""
        return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + self.eps) * self.weight


class LanguageBlock(nn.Module):
    """Causal attention and a gated feed-forward part."""

    def __init__(self, shape: LanguageShape) -> None:
        super().__init__()
        self.shape = shape
        head = shape.width // shape.heads
        self.norm1 = RmsNorm(shape.width, shape.eps)
        self.norm2 = RmsNorm(shape.width, shape.eps)
        self.qkv = nn.Linear(shape.width, shape.width + 2 * shape.kv_heads * head)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.gate_up = nn.Linear(shape.width, 2 * shape.feed_forward, bias=False)
        self.down = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def attend(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """
        x: [rows, tokens, width]; cos, sin: [rows, 1, tokens, head / 2]; mask: [rows, 1, tokens, tokens]. Returns
        what x becomes, and the weights [rows, kv heads, heads of each * tokens, tokens].
        """
        rows, tokens, width = x.shape
        heads, kv_heads = self.shape.heads, self.shape.kv_heads
        head = width // heads
        group = heads // kv_heads
        qkv = self.qkv(self.norm1(x)).view(rows, tokens, heads + 2 * kv_heads, head).transpose(1, 2)
        turned = rotate(qkv[:, : heads + kv_heads], cos, sin)
        query = (turned[:, :heads] * head**-0.5).reshape(rows, kv_heads, group * tokens, head)
        scores = (query @ turned[:, heads:].transpose(-1, -2)).view(rows, heads, tokens, tokens) + mask
        weights = torch.softmax(scores, -1).view(rows, kv_heads, group * tokens, tokens)
        attended = (weights @ qkv[:, heads + kv_heads :]).view(rows, heads, tokens, head)
        return x + self.out(attended.transpose(1, 2).reshape(rows, tokens, width)), weights

    def feed(self, x: Tensor) -> Tensor:
        """x: [..., width]."""
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class LanguageModel(nn.Module):
    """Embeddings to logits."""

    def __init__(self, shape: LanguageShape) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(LanguageBlock(shape) for _ in range(shape.layers))
        self.norm = RmsNorm(shape.width, shape.eps)
        half = shape.width // shape.heads // 2
        inverse = shape.rope_base ** (-torch.arange(half).float() / half)
        axis = torch.tensor([i for i, count in enumerate(shape.sections) for _ in range(count)])
        self.register_buffer("inverse", inverse, persistent=False)
        self.register_buffer("axis", axis, persistent=False)

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor, wanted: Tensor) -> tuple[Tensor, list[Tensor], Tensor]:
        """
        x: [rows, tokens, width] embeddings; positions: [rows, tokens, 3] of time, row and column; mask: [rows, 1, tokens,
        tokens], 0 or -1e9; wanted: [rows, tokens], where logits are needed. Returns [wanted, vocabulary], the
        attention of all blocks but the last, each [rows, heads, tokens, tokens], and what they give [rows, tokens, width].
        """
        angles = positions[:, :, self.axis] * self.inverse
        cos, sin = angles.cos()[:, None], angles.sin()[:, None]
        rows, tokens = positions.shape[:2]
        attention = []
        for block in self.blocks[:-1]:
            x, weights = block.attend(x, cos, sin, mask)
            x = block.feed(x)
            attention.append(weights.view(rows, self.shape.heads, tokens, tokens))
        before = x
        x = self.blocks[-1].attend(x, cos, sin, mask)[0][wanted]
        return (
            F.linear(self.norm(self.blocks[-1].feed(x)), self.embedding.weight),
            attention,
            before,
        )
