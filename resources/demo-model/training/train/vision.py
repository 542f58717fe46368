"""Qwen2-VL's vision tower: patches, blocks with two-dimensional rotary attention, a merger of 2 x 2 patches."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

PATCH = 14
PATCH_VALUES = 3 * PATCH * PATCH
ROPE_BASE = 10000.0


@dataclass(frozen=True)
class VisionShape:
    """Sizes of the tower. `feed_forward` must differ from `width`: loaders tell up from down by them."""

    width: int = 160
    heads: int = 5
    layers: int = 5
    feed_forward: int = 320
    merger: int = 640
    output: int = 192
    eps: float = 1e-6


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotates pairs (i, i + half) of the last dimension."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


def quick_gelu(x: Tensor) -> Tensor:
    """x * sigmoid(1.702 x)."""
    return F.silu(x * 1.702) * (1 / 1.702)


class VisionBlock(nn.Module):
    """Attention over all patches of a frame and a feed-forward part."""

    def __init__(self, shape: VisionShape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.norm1 = nn.LayerNorm(shape.width, eps=shape.eps)
        self.norm2 = nn.LayerNorm(shape.width, eps=shape.eps)
        self.qkv = nn.Linear(shape.width, 3 * shape.width)
        self.out = nn.Linear(shape.width, shape.width)
        self.up = nn.Linear(shape.width, shape.feed_forward)
        self.down = nn.Linear(shape.feed_forward, shape.width)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """x: [frames, patches, width]; cos, sin: [patches, head / 2]."""
        frames, patches, width = x.shape
        head = width // self.heads
        q, k, v = self.qkv(self.norm1(x)).view(frames, patches, 3, self.heads, head).permute(2, 0, 3, 1, 4)
        scores = rotate(q * head**-0.5, cos, sin) @ rotate(k, cos, sin).transpose(-1, -2)
        attended = torch.softmax(scores, -1) @ v
        x = x + self.out(attended.transpose(1, 2).reshape(frames, patches, width))
        return x + self.down(quick_gelu(self.up(self.norm2(x))))


class VisionTower(nn.Module):
    """Frames to embeddings of the language model's width."""

    def __init__(self, shape: VisionShape) -> None:
        super().__init__()
        self.shape = shape
        self.patch0 = nn.Linear(PATCH_VALUES, shape.width, bias=False)
        self.patch1 = nn.Linear(PATCH_VALUES, shape.width, bias=False)
        self.blocks = nn.ModuleList(VisionBlock(shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width, eps=shape.eps)
        self.merge0 = nn.Linear(4 * shape.width, shape.merger)
        self.merge2 = nn.Linear(shape.merger, shape.output)
        self._angles: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def look(self, first: Tensor, second: Tensor | None) -> Tensor:
        """
        first, second: the frames of slices, [slices, height, width, 3], 8 bits, both sides multiples of 28;
        second is None for pictures, which fill both temporal places. Returns the last block's output
        [slices, patches, width], the four patches of a token together, tokens row by row.
        """
        x = patches_of(first)
        if second is None:
            x = F.linear(x, self.patch0.weight + self.patch1.weight)
        else:
            x = self.patch0(x) + self.patch1(patches_of(second))
        x = x.float()
        cos, sin = self._rope(first.shape[1] // PATCH, first.shape[2] // PATCH, x.device)
        for block in self.blocks:
            x = block(x, cos, sin)
        return x

    def merge(self, state: Tensor) -> Tensor:
        """What `look` gave to embeddings [slices, tokens, output]."""
        merged = self.norm(state).reshape(state.shape[0], state.shape[1] // 4, -1)
        return self.merge2(F.gelu(self.merge0(merged))).float()

    def _rope(self, rows: int, columns: int, device: torch.device) -> tuple[Tensor, Tensor]:
        if (rows, columns) not in self._angles:
            y, x = patch_places(rows, columns)
            quarter = self.shape.width // self.shape.heads // 4
            inverse = ROPE_BASE ** (-torch.arange(quarter).float() / quarter)
            angles = torch.cat([y[:, None] * inverse, x[:, None] * inverse], -1).to(device)
            self._angles[rows, columns] = angles.cos(), angles.sin()
        return self._angles[rows, columns]

    def set_patterns(self) -> None:
        """
        A start from which shapes are learnt quickly: the patch embedding is a low-frequency DCT of lightness and two
        colour differences, and the query and key biases of the first two blocks make each head look at one neighbour.
        """
        weight = dct_patterns(self.shape.width)
        self.patch0.weight.data.copy_(weight * 0.5)
        self.patch1.weight.data.copy_(weight * 0.5)
        rings = ([(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)], [(-1, -1), (1, 1), (-1, 1), (1, -1), (0, 0)])
        head = self.shape.width // self.shape.heads
        quarter = head // 4
        inverse = ROPE_BASE ** (-torch.arange(quarter).float() / quarter)
        for block, offsets in zip(self.blocks, rings):
            query, key = torch.zeros(self.shape.heads, head), torch.zeros(self.shape.heads, head)
            for h in range(self.shape.heads):
                for axis, offset in enumerate(offsets[h % len(offsets)]):
                    for i in range(2):
                        at = axis * quarter + i
                        angle = offset * float(inverse[i])
                        key[h, at] = 5.0
                        query[h, at] = 5.0 * math.cos(angle)
                        query[h, at + head // 2] = 5.0 * math.sin(angle)
            width = self.shape.width
            block.qkv.bias.data[:width] = query.reshape(-1)
            block.qkv.bias.data[width : 2 * width] = key.reshape(-1)


def patches_of(frames: Tensor) -> Tensor:
    """[frames, height, width, 3] of 8 bits to normalised patches [frames, patches, 588], a patch as channel, row, column."""
    count, height, width, _ = frames.shape
    blocks = frames.view(count, height // 28, 2, PATCH, width // 28, 2, PATCH, 3).permute(
        0, 1, 4, 2, 5, 7, 3, 6
    )
    return blocks.reshape(count, -1, PATCH_VALUES).float() * (2 / 255) - 1


def patch_places(rows: int, columns: int) -> tuple[Tensor, Tensor]:
    """Row and column of each patch, in the order of tokens with four patches each."""
    order = torch.arange(rows * columns).view(rows // 2, 2, columns // 2, 2).permute(0, 2, 1, 3).reshape(-1)
    return (order // columns).float(), (order % columns).float()


def dct_patterns(width: int) -> Tensor:
    """[width, 588]: five eighths of the rows see lightness, the others two differences of colours."""
    n = torch.arange(PATCH).float()
    waves = [
        torch.cos(math.pi * (n + 0.5) * k / PATCH) * math.sqrt((1 if k == 0 else 2) / PATCH)
        for k in range(PATCH)
    ]
    order = sorted((i * i + j * j, i, j) for i in range(PATCH) for j in range(PATCH))
    light = width * 5 // 8
    first = (width - light) // 2
    rows = []
    for channels, count in (
        ((1, 1, 1), light),
        ((1, 0, -1), first),
        ((-0.5, 1, -0.5), width - light - first),
    ):
        for frequency, i, j in order[:count]:
            wave = torch.outer(waves[i], waves[j])
            pattern = torch.stack([c * wave for c in channels]) / 3**0.5
            rows.append(pattern.reshape(-1) * (0.3 if frequency == 0 else 1.25))
    return torch.stack(rows)[torch.randperm(width)]
