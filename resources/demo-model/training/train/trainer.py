"""The training loop: phases, checkpoints, and a log of what is learnt."""

from __future__ import annotations

import json
import signal
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, Iterator

import torch
from torch import nn

from batch import Row, loss_of, run, to_row
from bpe import Tokenizer
from export import export
from labels import Reader, Teller, slices_of
from model import Model
from peers import Peers
from probe import Probe
from schedule import FROM_NOTHING, GOING_ON, Phase, optimizer_for, set_rate
from stream import Example, Media, Stream
from vision import PATCH

PICTURES_PER_STEP = 32
SEE_WEIGHT = 1.0
CHECKPOINT_SECONDS = 180
PROBE_EXAMPLES = 400
LOG_STEPS = 50
AVERAGE_SECONDS = 8
PROBE_FILE = "probe.json"
# what is hard or matters most is shown more often
MIX = {
    "object": 6,
    "pictures": 8,
    "differs": 14,
    "verdict": 30,
    "followUp": 8,
    "count": 14,
    "relation": 14,
    "text": 40,
    "box": 16,
    "motion": 8,
    "change": 12,
    "when": 9,
    "odd": 2,
    "unknown": 6,
    "json": 4,
    "chat": 3,
}


def has_bfloat16(device: torch.device) -> bool:
    """Whether matrices of 16 bits are multiplied faster than those of 32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "avx512_bf16" in flags.read_text()


@dataclass(frozen=True)
class Options:
    """`folder`: of checkpoint and files; `batch`: conversations per step; `mix`: how often each ability is shown instead of usually."""

    folder: Path
    seed: int = 1
    batch: int = 14
    mix: dict[str, float] | None = None


def readers_for(model: Model) -> nn.ModuleList:
    """Readers of patches, of tokens, and of what the language model has found."""
    shape = model.tower.shape
    return nn.ModuleList([Reader(shape.width, PATCH), Reader(shape.output, 2 * PATCH), Teller(shape.output)])


class Trainer:
    """Trains a model for a given time; goes on where the checkpoint in `folder` ends."""

    def __init__(self, model: Model, tokenizer: Tokenizer, options: Options, peers: Peers) -> None:
        self.model, self.tokenizer, self.options, self.peers = model, tokenizer, options, peers
        self.batch, self.folder = options.batch, options.folder
        self.device = model.tower.norm.weight.device
        self.reader = readers_for(model).to(self.device)
        self.optimizer = optimizer_for(model, self.reader)
        self.parameters = [*model.parameters(), *self.reader.parameters()]
        self.pads = (tokenizer.ids["<|image_pad|>"], tokenizer.ids["<|video_pad|>"])
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=has_bfloat16(self.device))
        self.steps, self.elapsed, self.starts, self.saved = 0, 0.0, 0, 0.0
        self.probe: Probe | None = None
        # asked: by a signal, of this process; stopped: all processes agreed on it
        self.asked = self.stopped = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "asked", True))
        self._resume()

    def train(self, seconds: float, from_nothing: bool) -> None:
        """Runs the phases in their order until `seconds` of training are over, or until the process is asked to end."""
        begin = 0.0
        for phase in FROM_NOTHING if from_nothing else GOING_ON:
            length = phase.share * seconds
            if self.elapsed < begin + length and not self.stopped:
                self._run_phase(phase, begin, length)
            begin += length
        if self.peers.leads:
            self._save()

    def _run_phase(self, phase: Phase, begin: float, length: float) -> None:
        mix = self.options.mix or (self._adapted() if phase.name == "fine" else MIX)
        what = "pictures" if phase.name == "vision" else "conversations"
        stream = Stream(f"{self.options.seed}/{phase.name}/{self.starts}/{self.peers.number}", what, mix)
        examples = iter(stream)
        tally = Tally()
        step = self._see_step if phase.name == "vision" else partial(self._talk_step, phase.tower_learns)
        while self.elapsed < begin + length and not self.stopped:
            started, base, made = time.time(), self.elapsed, 0
            while (since := time.time() - started) < AVERAGE_SECONDS and not self.asked:
                set_rate(self.optimizer, phase.rate(base + since - begin, length))
                self._learn(step, examples, tally)
                made += 1
            self.steps += made
            self.elapsed, self.stopped = self.peers.average(
                self.parameters, made, base + time.time() - started, self.asked
            )
            if not self.peers.leads:
                continue
            if tally.count >= LOG_STEPS:
                print(f"{phase.name} {self.steps} {self.elapsed:.0f}s {tally.report()}", flush=True)
            if self.elapsed - self.saved > CHECKPOINT_SECONDS:
                self._save()
                if phase.name != "vision":
                    self._measure()
        stream.close()

    def _learn(
        self,
        step: Callable[[Iterator[Example], Tally], torch.Tensor],
        examples: Iterator[Example],
        tally: Tally,
    ) -> None:
        with self.autocast:
            loss = step(examples, tally)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()

    def _see_step(self, examples: Iterator[Example], tally: Tally) -> torch.Tensor:
        """Pictures alone, learnt from the labels of their patches."""
        media = [next(examples).media[0] for _ in range(PICTURES_PER_STEP)]
        loss = self._see_loss(media, *self.model.see(media), tally)
        tally.add(loss, media=len(media))
        return loss

    def _see_loss(
        self,
        media: list[Media],
        embeddings: list[torch.Tensor],
        states: list[tuple[list[int], torch.Tensor]],
        tally: Tally,
    ) -> torch.Tensor:
        """How well patches and tokens of the pictures tell what is drawn there, as a mean over pictures and slices."""
        patches, tokens, _ = self.reader
        loss = torch.zeros((), device=self.device)
        for members, state in states:
            own = [one for i in members for one in slices_of(media[i])]
            merged = torch.cat([embeddings[i] for i in members]).view(len(own), -1, embeddings[0].shape[-1])
            loss = loss + (patches.loss(state, own) + tokens.loss(merged, own, tally.seen)) * len(own)
        return loss / max(1, sum(len(state) for _, state in states))

    def _talk_step(self, tower_learns: bool, examples: Iterator[Example], tally: Tally) -> torch.Tensor:
        """Conversations, and the labels of their pictures' patches with a small weight."""
        rows = sorted(
            (to_row(next(examples), self.tokenizer) for _ in range(self.batch)), key=lambda row: len(row.ids)
        )
        media = [one for row in rows for one in row.media]
        embeddings, states = self.model.see(media, tower_learns)
        seen = iter(embeddings)
        by_row = [[next(seen) for _ in row.media] for row in rows]
        loss = unfocused = unfound = torch.zeros((), device=self.device)
        for part in (slice(0, self.batch // 2), slice(self.batch // 2, None)):
            outcome = run(self.model, rows[part], by_row[part], self.pads, self.reader[2])
            loss = loss + loss_of(outcome)
            unfocused = unfocused + outcome.unfocused / 2
            unfound = unfound + outcome.unfound / 2
            right = (outcome.logits.argmax(-1) == outcome.targets).cpu().numpy()
            tally.answers(rows[part], outcome.rows, right)
        loss = loss / self.batch
        tally.add(loss, media=len(media))
        tally.looks(unfocused, unfound)
        return loss + unfocused + unfound + SEE_WEIGHT * self._see_loss(media, embeddings, states, tally)

    def _measure(self) -> None:
        self.probe = self.probe or Probe(self.tokenizer, PROBE_EXAMPLES)
        with self.autocast:
            values = self.probe.measure(self.model, self.pads)
        (self.folder / PROBE_FILE).write_text(json.dumps(values))
        print(
            f"probe {self.elapsed:.0f}s "
            + " ".join(f"{ability} {value:.2f}" for ability, value in values.items()),
            flush=True,
        )

    def _adapted(self) -> dict[str, float]:
        """The mix with more of what is not learnt yet."""
        file = self.folder / PROBE_FILE
        known = json.loads(file.read_text()) if file.exists() else {}
        return {
            ability: weight * (0.5 + 2 * (1 - known.get(ability, 0.75))) for ability, weight in MIX.items()
        }

    def _save(self) -> None:
        self.saved = self.elapsed
        state = {
            "model": self.model.state_dict(),
            "reader": self.reader.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": (self.steps, self.elapsed, self.starts),
        }
        unfinished = self.folder / "checkpoint.partial"
        torch.save(state, unfinished)
        unfinished.replace(self.folder / "checkpoint.pt")
        export(self.model, self.tokenizer, self.folder)

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.reader.load_state_dict(state["reader"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.steps, self.elapsed, starts = state["progress"][:3]
        self.starts = starts + 1
        self.saved = self.elapsed
        if self.peers.leads:
            print(f"goes on at {self.elapsed:.0f}s, step {self.steps}", flush=True)


class Tally:
    """Counts between two lines of the log."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {}
        self._clear()

    def _clear(self) -> None:
        self.seen.clear()
        self.loss, self.count, self.media, self.unfocused, self.unfound = 0.0, 0, 0, 0.0, 0.0
        self.right: dict[str, list[int]] = {}
        self.since = time.time()

    def add(self, loss: torch.Tensor, media: int) -> None:
        """A step's loss and how many media it saw."""
        self.loss += float(loss.detach())
        self.count += 1
        self.media += media

    def looks(self, unfocused: torch.Tensor, unfound: torch.Tensor) -> None:
        """A step's measures of looking elsewhere, and of finding nothing there."""
        self.unfocused += float(unfocused.detach())
        self.unfound += float(unfound.detach())

    def answers(self, rows: list[Row], of_row: "list[int]", right: "list[bool]") -> None:
        """Which tokens of the answers were right."""
        for i, ok in zip(of_row, right):
            count = self.right.setdefault(rows[i].ability, [0, 0])
            count[0] += int(ok)
            count[1] += 1

    def report(self) -> str:
        """One line; counting starts again."""
        parts = {**self.right, **self.seen}
        shares = " ".join(f"{name} {a / max(1, b):.3f}" for name, (a, b) in sorted(parts.items()))
        line = f"loss {self.loss / max(1, self.count):.4f} elsewhere {self.unfocused / max(1, self.count):.3f} unfound {self.unfound / max(1, self.count):.3f} media/s {self.media / (time.time() - self.since):.0f} {shares}"
        self._clear()
        return line
