"""How well each ability is learnt, measured on examples that training never sees."""

from __future__ import annotations

import re

import numpy as np
import torch

from batch import Row, run, to_row
from bpe import BYTES, Tokenizer
from model import Model
from stream import Stream

_BOX = re.compile(r"\((\d+),(\d+)\),\((\d+),(\d+)\)")
_BYTE_OF = {character: byte for byte, character in enumerate(BYTES)}


def _overlap(a: list[int], b: list[int]) -> float:
    across = min(a[2], b[2]) - max(a[0], b[0])
    down = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0, across) * max(0, down)
    area = lambda box: max(0, box[2] - box[0]) * max(0, box[3] - box[1])
    return shared / max(1, area(a) + area(b) - shared)


class Probe:
    """
    A fixed set of evaluation conversations. The measure is the share of last answers of which every token is the
    likeliest one (for boxes: the mean overlap with the right box), each token after the right ones before it.
    """

    def __init__(self, tokenizer: Tokenizer, examples: int, seed: str = "probe") -> None:
        self.tokenizer = tokenizer
        stream = Stream(seed, count=examples, split="evaluate")
        self.rows = sorted((to_row(example, tokenizer) for example in stream), key=lambda row: len(row.ids))
        for row in self.rows:
            last = len(row.learnt) - row.learnt[::-1].argmin()
            row.learnt[:last] = False

    @torch.no_grad()
    def measure(self, model: Model, pads: tuple[int, int]) -> dict[str, float]:
        """The measure of each ability, 0..1."""
        model.eval()
        scores: dict[str, list[float]] = {}
        for at in range(0, len(self.rows), 32):
            rows = self.rows[at : at + 32]
            seen = iter(model.see([one for row in rows for one in row.media])[0])
            outcome = run(model, rows, [[next(seen) for _ in row.media] for row in rows], pads)
            best, right = outcome.logits.argmax(-1).cpu().numpy(), outcome.targets.cpu().numpy()
            for i, row in enumerate(rows):
                own = outcome.rows == i
                scores.setdefault(row.ability, []).append(self._score(row, best[own], right[own]))
        model.train()
        return {ability: float(np.mean(values)) for ability, values in sorted(scores.items())}

    def _score(self, row: Row, best: np.ndarray, right: np.ndarray) -> float:
        if row.ability == "box":
            found, wanted = (_BOX.search(self._text(ids)) for ids in (best, right))
            return (
                _overlap([*map(int, found.groups())], [*map(int, wanted.groups())])
                if found and wanted
                else 0.0
            )
        return float((best == right).all())

    def _text(self, ids: np.ndarray) -> str:
        tokens = (self.tokenizer.vocabulary[i] for i in ids)
        return "".join(
            "" if self.tokenizer.is_special(t) else bytes(_BYTE_OF[c] for c in t).decode("utf8", "replace")
            for t in tokens
        )
