"""Conversations as rows of tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bpe import Tokenizer
from labels import Teller, mark_labels, squares_of
from matches import matches_of
from model import Model
from stream import Example, Media


# heads of the last block but one, one for each pair of keys and values, that are taught where to look
WATCHED_HEADS = [0, 3]
# the head that is taught to look at the same word of an earlier caption, and its block
MATCHING_BLOCK, MATCHING_HEAD = 1, 3
COMPARING = ("differs", "verdict")


@dataclass
class Focus:
    """Where the model should look while it writes the tokens from `begin` to `end` of an answer: at the tokens `at`, and what it should find there."""

    begin: int
    end: int
    at: np.ndarray
    digits: np.ndarray
    side: int
    kind: int


@dataclass
class Row:
    """
    A conversation in tokens: ids, positions [tokens, 3], which tokens are answers, and where media stand. `branch`: 0 for
    what all branches have in common, then 1, 2, ... for tokens that see only their own branch and what is common. `matches`:
    places of compared words and where each was written before.
    """

    ability: str
    ids: np.ndarray
    positions: np.ndarray
    learnt: np.ndarray
    branch: np.ndarray
    media: list[Media]
    order: list[int]
    focus: list[Focus]
    matches: list[tuple[int, list[int]]]


def to_row(example: Example, tokenizer: Tokenizer) -> Row:
    """Tokenizes a conversation; positions as `get_rope_index` of the reference gives them for Qwen2-VL."""
    ids: list[int] = []
    positions: list[np.ndarray] = []
    learnt: list[bool] = []
    branch: list[int] = []
    order: list[int] = []
    focus: list[Focus] = []
    places_of: list[np.ndarray] = []
    pads = {False: tokenizer.ids["<|image_pad|>"], True: tokenizer.ids["<|video_pad|>"]}

    def add(pieces: list[tuple], number: int, at: int) -> int:
        for kind, content, *about in pieces:
            before = len(ids)
            at = add_piece(kind, content, at)
            if about and places_of and about[0] < len(example.media[0].labels[0]["marks"]):
                squares = squares_of(example.media[0], about[0])
                found = mark_labels(example.media[0], about[0])
                focus.append(Focus(before, len(ids), places_of[0][squares], *found))
            branch.extend([number] * (len(ids) - before))
        return at

    def add_piece(kind: str, content: str | int, at: int) -> int:
        if kind == "media":
            medium = example.media[int(content)]
            grid = medium.grid
            places = np.stack(np.meshgrid(*(np.arange(n) for n in grid), indexing="ij"), -1).reshape(-1, 3)
            places_of.append(len(ids) + np.arange(len(places)))
            ids.extend([pads[medium.is_video]] * len(places))
            positions.append(places + at)
            learnt.extend([False] * len(places))
            order.append(int(content))
            return at + max(grid)
        tokens = tokenizer.encode(str(content))
        ids.extend(tokens)
        positions.append(np.repeat(np.arange(at, at + len(tokens))[:, None], 3, 1))
        learnt.extend([kind == "answer"] * len(tokens))
        return at + len(tokens)

    media_end = max((i + 1 for i, (kind, *_) in enumerate(example.pieces) if kind == "media"), default=0)
    end = add(example.pieces[:media_end], 0, 0)
    for number, pieces in enumerate([example.pieces[media_end:], *example.branches]):
        add(pieces, number + 1, end)
    return Row(
        example.ability,
        np.array(ids),
        np.concatenate(positions),
        np.array(learnt),
        np.array(branch),
        example.media,
        order,
        focus,
        matches_of(ids, branch, tokenizer) if example.ability in COMPARING else [],
    )


@dataclass
class Outcome:
    """Logits and right ids of the answers' tokens, and the row and branch each belongs to; `unfocused`: how
    little the watched heads look where they should; `unfound`: how little comes of it."""

    logits: Tensor
    targets: Tensor
    rows: np.ndarray
    branches: np.ndarray
    unfocused: Tensor
    unfound: Tensor


def run(model: Model, rows: list[Row], embeddings: list[list[Tensor]], pads: tuple[int, int], teller: Teller | None = None) -> Outcome:
    """The language model over padded rows; `embeddings`: of each row's media. `teller` hears what it finds where it looks."""
    device = model.language.embedding.weight.device
    longest = max(len(row.ids) for row in rows)
    ids = np.zeros((len(rows), longest), np.int64)
    positions = np.zeros((len(rows), longest, 3), np.float32)
    learnt = np.zeros((len(rows), longest), bool)
    branch = np.full((len(rows), longest), -1)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = row.ids
        positions[i, : len(row.ids)] = row.positions
        learnt[i, : len(row.ids)] = row.learnt
        branch[i, : len(row.ids)] = row.branch
    tokens = torch.from_numpy(ids).to(device)
    x = model.language.embedding(tokens)
    seen = [embeddings[i][m] for i, row in enumerate(rows) for m in row.order]
    if seen:
        place = torch.from_numpy(np.isin(ids, pads)).to(device).nonzero(as_tuple=True)
        x = x.index_put(place, torch.cat(seen).to(x.dtype))
    wanted = np.zeros_like(learnt)
    wanted[:, :-1] = learnt[:, 1:]
    seen_by = (branch[:, None, :] == 0) | (branch[:, None, :] == branch[:, :, None])
    mask = np.where(seen_by & np.tri(longest, dtype=bool), np.float32(0), np.float32(-1e9))
    logits, attention, before = model.language(
        x,
        torch.from_numpy(positions).to(device),
        torch.from_numpy(mask)[:, None].to(device),
        torch.from_numpy(wanted).to(device),
    )
    return Outcome(
        logits.float(),
        tokens[torch.from_numpy(learnt).to(device)],
        learnt.nonzero()[0],
        branch[learnt],
        _unfocused(attention[-1], rows) + _unmatched(attention[MATCHING_BLOCK], rows),
        _unfound(before, rows, teller),
    )


def _unfocused(weights: Tensor, rows: list[Row]) -> Tensor:
    """Minus the logarithm of what the watched heads spend on the places that answers are about; mean over their tokens."""
    which, queries, wanted = [], [], []
    for i, row in enumerate(rows):
        for focus in row.focus:
            places = np.zeros(weights.shape[-1], np.float32)
            places[focus.at] = 1
            # a token is written at the place before it
            for query in range(focus.begin - 1, focus.end - 1):
                which.append(i)
                queries.append(query)
                wanted.append(places)
    if not which:
        return torch.zeros((), device=weights.device)
    chosen = weights[:, WATCHED_HEADS][which, :, queries]
    spent = (chosen.float() * torch.from_numpy(np.stack(wanted)).to(weights.device)[:, None]).sum(-1)
    return -(spent + 1e-4).log().mean()


def _unmatched(weights: Tensor, rows: list[Row]) -> Tensor:
    """Minus the logarithm of what the matching head spends on words that are the same; mean over the words."""
    matches = [(i, *match) for i, row in enumerate(rows) for match in row.matches]
    if not matches:
        return torch.zeros((), device=weights.device)
    which, queries, places = zip(*matches)
    wanted = np.zeros((len(matches), weights.shape[-1]), np.float32)
    for one, at in zip(wanted, places):
        one[at] = 1
    chosen = weights[list(which), MATCHING_HEAD, list(queries)]
    return -((chosen.float() * torch.from_numpy(wanted).to(weights.device)).sum(-1) + 1e-4).log().mean()


def _unfound(before: Tensor, rows: list[Row], teller: Teller | None) -> Tensor:
    """How badly `teller` reads, at the tokens of answers, what they are about."""
    places = [(i, query, focus) for i, row in enumerate(rows) for focus in row.focus for query in range(focus.begin - 1, focus.end - 1)]
    if not places or teller is None:
        return torch.zeros((), device=before.device)
    which, queries, of = zip(*places)
    digits = torch.from_numpy(np.stack([focus.digits for focus in of])).to(before.device)
    sides = torch.tensor([focus.side for focus in of], device=before.device)
    kinds = torch.tensor([focus.kind for focus in of], device=before.device)
    return teller.loss(before[list(which), list(queries)], digits, sides, kinds)


def loss_of(outcome: Outcome) -> Tensor:
    """Summed over tokens; a branch's weight grows with the root of its answer tokens, so that short answers count."""
    own = outcome.rows * (outcome.branches.max(initial=0) + 1) + outcome.branches
    counts = np.bincount(own)[own]
    weights = torch.from_numpy((counts**-0.5).astype(np.float32)).to(outcome.logits.device)
    return (F.cross_entropy(outcome.logits, outcome.targets, reduction="none") * weights).sum()
