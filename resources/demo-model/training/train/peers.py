"""Several processes that train the same model: each steps by itself, and every few seconds their weights are averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterable

import torch
import torch.multiprocessing as multiprocessing
from torch import Tensor


@dataclass
class Board:
    """Memory that all processes share: weights [processes, numbers], steps since the last average, and (seconds, stop)."""

    weights: Tensor
    steps: Tensor
    word: Tensor
    barrier: "multiprocessing.Barrier"


def board_for(count: int, parameters: Iterable[Tensor]) -> Board:
    """A board for `count` processes."""
    numbers = sum(p.numel() for p in parameters)
    shared = (torch.zeros(count, numbers), torch.zeros(count), torch.zeros(2))
    return Board(
        *(tensor.share_memory_() for tensor in shared), multiprocessing.get_context("spawn").Barrier(count)
    )


class Peers:
    """One process's place among them. Number 0 leads: it tells the others the time and when to stop."""

    def __init__(self, board: Board, number: int) -> None:
        self.board, self.number = board, number

    @property
    def leads(self) -> bool:
        """Whether this process logs and saves."""
        return self.number == 0

    @torch.no_grad()
    def average(self, parameters: list[Tensor], steps: int, seconds: float, stop: bool) -> tuple[float, bool]:
        """Averages the weights of all, by how many steps each made, and returns the leader's seconds and wish to stop."""
        board = self.board
        if self.leads:
            board.word.copy_(torch.tensor([seconds, float(stop)]))
        if len(board.steps) > 1:
            board.weights[self.number] = torch.cat([p.flatten().cpu() for p in parameters])
            board.steps[self.number] = max(1, steps)
            board.barrier.wait()
            mean = (board.steps / board.steps.sum()) @ board.weights
            for parameter, values in zip(parameters, mean.split([p.numel() for p in parameters])):
                parameter.copy_(values.view_as(parameter))
        agreed = float(board.word[0]), bool(board.word[1])
        if len(board.steps) > 1:
            board.barrier.wait()
        return agreed
