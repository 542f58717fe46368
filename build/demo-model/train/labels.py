"""What each square of a picture shows: the auxiliary task that teaches the tower to see, and to say it plainly."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stream import Media
from vision import PATCH

KINDS = 45
COLOURS = 11
IGNORED = -1
BOX_WEIGHT = 4.0


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


def square_labels(media: Media, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Per square of `side` pixels (patches in the order of tokens, tokens row by row): its kind (0 background, 1..8 shapes, 9.. characters), its colour, and the box
    (left, top, right, bottom as shares of the sides) of what covers most of it. -1: unknown.
    """
    rows, columns = media.frames.shape[1] // side, media.frames.shape[2] // side
    label = media.labels[0]
    kinds = np.full((rows, columns), 0 if label["background"] >= 0 else IGNORED)
    colours = np.full((rows, columns), label["background"])
    boxes = np.zeros((rows, columns, 4), np.float32)
    most = np.full((rows, columns), 0.2)
    for kind, colour, left, top, right, bottom in label["marks"]:
        across = np.minimum(right * columns, np.arange(1, columns + 1)) - np.maximum(
            left * columns, np.arange(columns)
        )
        down = np.minimum(bottom * rows, np.arange(1, rows + 1)) - np.maximum(top * rows, np.arange(rows))
        covered = down.clip(0)[:, None] * across.clip(0)
        better = covered > most
        most[better] = covered[better]
        kinds[better], colours[better], boxes[better] = kind, colour, (left, top, right, bottom)
    group = 2 if side == PATCH else 1
    order = lambda a: (
        a.reshape(rows // group, group, columns // group, group, *a.shape[2:])
        .swapaxes(1, 2)
        .reshape(-1, *a.shape[2:])
    )
    return order(kinds), order(colours), order(boxes)


class Reader(nn.Module):
    """Reads kind, colour and box from the vector of each square of `side` pixels; only training has it."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.side = side
        self.norm = nn.LayerNorm(width)
        self.read = nn.Linear(width, KINDS + COLOURS + 4)

    def loss(self, state: Tensor, media: list[Media], tally: dict[str, list[int]] | None = None) -> Tensor:
        """
        state: [pictures, squares, width]. Mean over squares; `tally` counts, as pairs of right and all, what covers squares,
        and how far boxes are off in thousandths.
        """
        kinds, colours, boxes = (
            torch.from_numpy(np.stack(parts)).to(state.device)
            for parts in zip(*(square_labels(one, self.side) for one in media))
        )
        out = self.read(self.norm(state.float())).float()
        kind, colour, box = out.split([KINDS, COLOURS, 4], -1)
        known = max(1, int((kinds != IGNORED).sum()))
        mean = (
            lambda logits, labels: F.cross_entropy(
                logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
            )
            / known
        )
        loss = mean(kind, kinds) + 0.5 * mean(colour, colours)
        drawn = kinds > 0
        if drawn.any():
            loss = loss + BOX_WEIGHT * F.smooth_l1_loss(box[drawn], boxes[drawn], beta=0.05)
        if tally is not None:
            right = kind.argmax(-1) == kinds
            for name, chosen in (("shape", drawn & (kinds <= 8)), ("character", kinds > 8)):
                count = tally.setdefault(name, [0, 0])
                count[0] += int(right[chosen].sum())
                count[1] += int(chosen.sum())
            count = tally.setdefault("box off by 1/1000", [0, 0])
            count[0] += int((box[drawn] - boxes[drawn]).abs().mean(-1).sum() * 1000)
            count[1] += int(drawn.sum())
        return loss
