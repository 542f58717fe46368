"""What each square of a picture shows: the auxiliary task that teaches the tower to see, and to say it plainly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stream import Media
from vision import PATCH

KINDS = 45
SHAPES = 8
COLOURS = 11
IGNORED = -1
BOX_WEIGHT = 4.0
CHARACTER_WEIGHT = 1.5
# what tokens tell besides: two digits of each coordinate as answers write it, where the other of two things lies, how many
DIGITS = 10
COORDINATES = 4
SIDES = 4
COUNTS = 8
# and of each of a token's four patches which character it shows and the how many-eth it is
QUARTERS = 4
ORDER = 8


def slices_of(media: Media) -> list[Media]:
    """Each pair of frames of a video as a picture: what is in both, in the middle between its two places."""
    if not media.is_video:
        return [media]
    slices = []
    for at in range(0, len(media.labels), 2):
        first, second = media.labels[at], media.labels[min(at + 1, len(media.labels) - 1)]
        same = [mark[:2] for mark in first["marks"]] == [mark[:2] for mark in second["marks"]]
        marks = [
            (*a[:2], *((p + q) / 2 for p, q in zip(a[2:], b[2:]))) for a, b in zip(first["marks"], second["marks"])
        ]
        label = {"background": first["background"] if same else -1, "marks": marks if same else []}
        slices.append(Media(False, media.frames[at : at + 1], [label]))
    return slices


def squares_of(media: Media, number: int) -> np.ndarray:
    """The tokens of a picture that a mark covers, most of all first where it covers none by a fifth."""
    rows, columns = media.grid[1:]
    marks = media.labels[0]["marks"]
    if number >= len(marks):
        return np.zeros(0, int)
    covered = _coverage(marks[number], rows, columns).reshape(-1)
    return np.flatnonzero(covered > min(0.2, covered.max() * 0.99))


def _coverage(mark: list[float], rows: int, columns: int) -> np.ndarray:
    """How much of each square the box of a mark covers, [rows, columns]."""
    left, top, right, bottom = mark[2:]
    across = np.minimum(right * columns, np.arange(1, columns + 1)) - np.maximum(left * columns, np.arange(columns))
    down = np.minimum(bottom * rows, np.arange(1, rows + 1)) - np.maximum(top * rows, np.arange(rows))
    return down.clip(0)[:, None] * across.clip(0)


@dataclass
class SquareLabels:
    """
    Of each square (patches in the order of tokens, tokens row by row): its `kind` (0 background, 1..8 shapes, 9.. characters),
    its `colour`, the `box` (left, top, right, bottom as shares of the sides) of what covers most of it, that box's first two
    decimals as `digits` [squares, 8], and the `side` of a second thing on which it lies (left, right, above, below). `count`:
    the things in the picture, at every square. `order`: the how many-eth character covers it. -1: unknown.
    """

    kind: np.ndarray
    colour: np.ndarray
    box: np.ndarray
    digits: np.ndarray
    side: np.ndarray
    count: np.ndarray
    order: np.ndarray


def square_labels(media: Media, side: int) -> SquareLabels:
    """The labels of a picture's squares of `side` pixels."""
    height, width = media.frames.shape[1:3]
    rows, columns = height // side, width // side
    label = media.labels[0]
    marks = label["marks"]
    kinds = np.full((rows, columns), 0 if label["background"] >= 0 else IGNORED)
    colours = np.full((rows, columns), label["background"])
    boxes = np.zeros((rows, columns, 4), np.float32)
    sides, orders = np.full((rows, columns), IGNORED), np.full((rows, columns), IGNORED)
    most = np.full((rows, columns), 0.2)
    for number, (kind, colour, left, top, right, bottom) in enumerate(marks):
        covered = _coverage(marks[number], rows, columns)
        better = covered > most
        most[better] = covered[better]
        kinds[better], colours[better], boxes[better] = kind, colour, (left, top, right, bottom)
        if kind > SHAPES:
            orders[better] = min(number, ORDER - 1)
        elif len(marks) == 2:
            sides[better] = _side(marks[number], marks[1 - number], width, height)
    hundredths = np.minimum(99, np.round(boxes * 100)).astype(int)
    digits = np.concatenate([hundredths // 10, hundredths % 10], -1)
    known = label["background"] >= 0 and len(marks) < COUNTS and all(mark[0] <= SHAPES for mark in marks)
    counts = np.full((rows, columns), len(marks) if known else IGNORED)
    group = 2 if side == PATCH else 1
    order = lambda a: (
        a.reshape(rows // group, group, columns // group, group, *a.shape[2:])
        .swapaxes(1, 2)
        .reshape(-1, *a.shape[2:])
    )
    return SquareLabels(*map(order, (kinds, colours, boxes, digits, sides, counts, orders)))


def _side(one: list[float], other: list[float], width: int, height: int) -> int:
    """On which side of `other` the middle of `one` lies: 0 left, 1 right, 2 above, 3 below."""
    across = (one[2] + one[4] - other[2] - other[4]) * width
    down = (one[3] + one[5] - other[3] - other[5]) * height
    return (0 if across < 0 else 1) if abs(across) > abs(down) else (2 if down < 0 else 3)


class Teller(nn.Module):
    """
    Tells digits of a box, a side and a kind from vectors, as loudly as the language model hears them: what is in them by a whisper only,
    it would never learn to read.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.read = nn.Linear(width, 2 * COORDINATES * DIGITS + SIDES + KINDS)

    def forward(self, vectors: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """vectors: [..., width]. Returns logits of digits [..., 8, 10], of sides [..., 4] and of kinds [..., 45]."""
        heard = F.normalize(vectors.float(), dim=-1) * vectors.shape[-1] ** 0.5
        told = F.linear(heard, F.normalize(self.read.weight, dim=-1), self.read.bias)
        digits, side, kind = told.split([2 * COORDINATES * DIGITS, SIDES, KINDS], -1)
        return digits.unflatten(-1, (2 * COORDINATES, DIGITS)), side, kind

    def loss(self, vectors: Tensor, digits: Tensor, sides: Tensor, kinds: Tensor) -> Tensor:
        """digits: [..., 8]; sides, kinds: [...]; -1: unknown."""
        digit, side, kind = self(vectors)
        return (
            2 * _mean_cross_entropy(digit, digits)
            + 0.5 * _mean_cross_entropy(side, sides)
            + _mean_cross_entropy(kind, kinds)
        )


def mark_labels(media: Media, number: int) -> tuple[np.ndarray, int, int]:
    """Digits [8], side and kind of a mark of a picture, as `SquareLabels` has them: of a shape its box, of a character what it is."""
    marks = media.labels[0]["marks"]
    hundredths = np.minimum(99, np.round(np.array(marks[number][2:]) * 100)).astype(int)
    height, width = media.frames.shape[1:3]
    if marks[number][0] > SHAPES:
        return np.full(2 * COORDINATES, IGNORED), IGNORED, marks[number][0]
    side = _side(marks[number], marks[1 - number], width, height) if len(marks) == 2 else IGNORED
    return np.concatenate([hundredths // 10, hundredths % 10]), side, IGNORED


class Reader(nn.Module):
    """
    Reads what each square of `side` pixels shows from its vector; only training has it. Of tokens it reads digits, sides and
    counts too: the language model need only copy then what it would take long to work out.
    """

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.norm = nn.LayerNorm(width)
        self.read = nn.Linear(width, KINDS + COLOURS + COORDINATES)
        told = 2 * COORDINATES * DIGITS + SIDES + COUNTS + QUARTERS * (KINDS + ORDER)
        self.tell = nn.Linear(width, told) if side > PATCH else None

    def loss(self, state: Tensor, media: list[Media], tally: dict[str, list[int]] | None = None) -> Tensor:
        """
        state: [pictures, squares, width]. Mean over squares; `tally` counts, as pairs of right and all, what covers squares,
        and how far boxes are off in thousandths.
        """
        labels = [square_labels(one, self.side) for one in media]
        of = lambda name: torch.from_numpy(np.stack([getattr(one, name) for one in labels])).to(state.device)
        kinds, boxes = of("kind"), of("box")
        vectors = self.norm(state.float())
        out = self.read(vectors).float()
        kind, colour, box = out.split([KINDS, COLOURS, COORDINATES], -1)
        loss = _mean_cross_entropy(kind, kinds) + 0.5 * _mean_cross_entropy(colour, of("colour"))
        drawn = kinds > 0
        if drawn.any():
            loss = loss + BOX_WEIGHT * F.smooth_l1_loss(box[drawn], boxes[drawn], beta=0.05)
        if self.tell is not None:
            # as loudly as the language model hears it: what is told by a whisper only, it would never learn to read
            heard = F.normalize(state.float(), dim=-1) * state.shape[-1] ** 0.5
            told = F.linear(heard, F.normalize(self.tell.weight, dim=-1), self.tell.bias)
            digit, side, count, quarter, order = told.split(
                [2 * COORDINATES * DIGITS, SIDES, COUNTS, QUARTERS * KINDS, QUARTERS * ORDER], -1
            )
            digits = of("digits").masked_fill(~drawn[..., None], IGNORED)
            digit = digit.unflatten(-1, (2 * COORDINATES, DIGITS))
            loss = loss + 2 * _mean_cross_entropy(digit, digits)
            loss = loss + 0.5 * _mean_cross_entropy(side, of("side")) + 0.5 * _mean_cross_entropy(count, of("count"))
            patches = [square_labels(one, PATCH) for one in media]
            split = lambda name: torch.from_numpy(np.stack([getattr(one, name) for one in patches])).to(state.device)
            characters = split("kind").unflatten(-1, (-1, QUARTERS))
            characters = characters.masked_fill(characters <= SHAPES, IGNORED)
            quarter, order = quarter.unflatten(-1, (QUARTERS, KINDS)), order.unflatten(-1, (QUARTERS, ORDER))
            orders = split("order").unflatten(-1, (-1, QUARTERS))
            loss = loss + CHARACTER_WEIGHT * (_mean_cross_entropy(quarter, characters) + 0.5 * _mean_cross_entropy(order, orders))
            if tally is not None:
                _count(tally, "quarter", quarter, characters)
                _count(tally, "order", order, orders)
                _count(tally, "first digit", digit[..., :COORDINATES, :], digits[..., :COORDINATES])
                _count(tally, "second digit", digit[..., COORDINATES:, :], digits[..., COORDINATES:])
                _count(tally, "side", side, of("side"))
                _count(tally, "how many", count, of("count"))
        if tally is not None:
            _count(tally, "shape", kind, kinds.masked_fill(~drawn | (kinds > SHAPES), IGNORED))
            _count(tally, "character", kind, kinds.masked_fill(kinds <= SHAPES, IGNORED))
            count = tally.setdefault("box off by 1/1000", [0, 0])
            count[0] += int((box[drawn] - boxes[drawn]).abs().mean(-1).sum() * 1000)
            count[1] += int(drawn.sum())
        return loss


def _mean_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Over what is known; 0 where nothing is."""
    known = max(1, int((labels != IGNORED).sum()))
    return (
        F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=IGNORED, reduction="sum") / known
    )


def _count(tally: dict[str, list[int]], name: str, logits: Tensor, labels: Tensor) -> None:
    chosen = labels != IGNORED
    count = tally.setdefault(name, [0, 0])
    count[0] += int((logits.argmax(-1) == labels)[chosen].sum())
    count[1] += int(chosen.sum())
