"""The training loop: phases, checkpoints, and a log of what is learnt."""

from __future__ import annotations

import signal
import time
from functools import partial
from pathlib import Path
from typing import Iterator

import torch
from torch import nn

from batch import Row, loss_of, run, to_row
from bpe import Tokenizer
from export import export
from labels import PatchReader
from model import Model
from probe import Probe
from schedule import FROM_NOTHING, GOING_ON, Phase, optimizer_for, set_rate
from stream import Example, Stream

PICTURES_PER_STEP = 32
SEE_WEIGHT = 1.0
CHECKPOINT_SECONDS = 180
PROBE_EXAMPLES = 600
LOG_STEPS = 50
# what is hard or matters most is shown more often
MIX = {
    "object": 10,
    "pictures": 12,
    "differs": 7,
    "followUp": 12,
    "count": 9,
    "relation": 8,
    "text": 12,
    "box": 12,
    "motion": 6,
    "change": 7,
    "when": 5,
    "odd": 2,
    "unknown": 8,
    "json": 6,
    "chat": 3,
}


def has_bfloat16(device: torch.device) -> bool:
    """Whether matrices of 16 bits are multiplied faster than those of 32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    flags = Path("/proc/cpuinfo")
    return flags.exists() and "avx512_bf16" in flags.read_text()


class Trainer:
    """Trains a model for a given time; goes on where the checkpoint in `folder` ends."""

    def __init__(
        self, model: Model, tokenizer: Tokenizer, folder: Path, seed: int, batch: int, mix: dict[str, float] | None
    ) -> None:
        self.model, self.tokenizer, self.folder, self.batch = model, tokenizer, folder, batch
        self.device = model.tower.norm.weight.device
        self.reader = PatchReader(model.tower.shape.width).to(self.device)
        self.optimizer = optimizer_for(model, self.reader)
        self.pads = (tokenizer.ids["<|image_pad|>"], tokenizer.ids["<|video_pad|>"])
        self.autocast = torch.autocast(self.device.type, torch.bfloat16, enabled=has_bfloat16(self.device))
        self.seed, self.mix = seed, mix or MIX
        self.steps, self.elapsed, self.starts, self.saved = 0, 0.0, 0, 0.0
        self.probed: dict[str, float] = {}
        self.probe: Probe | None = None
        self.stopped = False
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "stopped", True))
        signal.signal(signal.SIGINT, lambda *_: setattr(self, "stopped", True))
        self._resume()

    def train(self, seconds: float, from_nothing: bool) -> None:
        """Runs the phases in their order until `seconds` of training are over, or until the process is asked to end."""
        begin = 0.0
        for phase in FROM_NOTHING if from_nothing else GOING_ON:
            length = phase.share * seconds
            if self.elapsed < begin + length and not self.stopped:
                self._run_phase(phase, begin, length)
            begin += length
        self._save()

    def _run_phase(self, phase: Phase, begin: float, length: float) -> None:
        mix = self._adapted() if phase.name == "fine" else self.mix
        what = "pictures" if phase.name == "vision" else "conversations"
        stream = Stream(f"{self.seed}/{phase.name}/{self.starts}", what, mix)
        examples = iter(stream)
        tally = Tally()
        step = self._see_step if phase.name == "vision" else partial(self._talk_step, phase.tower_learns)
        base, started = self.elapsed, time.time()
        while self.elapsed < begin + length and not self.stopped:
            set_rate(self.optimizer, phase.rate(self.elapsed - begin, length))
            with self.autocast:
                loss = step(examples, tally)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.steps += 1
            self.elapsed = base + time.time() - started
            if self.steps % LOG_STEPS == 0:
                print(f"{phase.name} {self.steps} {self.elapsed:.0f}s {tally.report()}", flush=True)
            if self.elapsed - self.saved > CHECKPOINT_SECONDS:
                self._save()
                if phase.name != "vision":
                    self._measure()
        stream.close()

    def _see_step(self, examples: Iterator[Example], tally: Tally) -> torch.Tensor:
        """Pictures alone, learnt from the labels of their patches."""
        media = [next(examples).media[0] for _ in range(PICTURES_PER_STEP)]
        losses = [
            self.reader.loss(state, [media[i] for i in members], tally.seen) * len(members)
            for members, state in self.model.see(media)[1]
        ]
        loss = torch.stack(losses).sum() / len(media)
        tally.add(loss, media=len(media))
        return loss

    def _talk_step(self, tower_learns: bool, examples: Iterator[Example], tally: Tally) -> torch.Tensor:
        """Conversations, and the labels of their pictures' patches with a small weight."""
        rows = sorted((to_row(next(examples), self.tokenizer) for _ in range(self.batch)), key=lambda row: len(row.ids))
        media = [one for row in rows for one in row.media]
        embeddings, states = self.model.see(media, tower_learns)
        seen = iter(embeddings)
        by_row = [[next(seen) for _ in row.media] for row in rows]
        loss = torch.zeros((), device=self.device)
        for part in (slice(0, self.batch // 2), slice(self.batch // 2, None)):
            outcome = run(self.model, rows[part], by_row[part], self.pads)
            loss = loss + loss_of(outcome)
            right = (outcome.logits.argmax(-1) == outcome.targets).cpu().numpy()
            tally.answers(rows[part], outcome.rows, right)
        loss = loss / self.batch
        tally.add(loss, media=len(media))
        if states and tower_learns:
            labelled = [self.reader.loss(state, [media[i] for i in members], tally.seen) * len(members) for members, state in states]
            loss = loss + SEE_WEIGHT * torch.stack(labelled).sum() / max(1, sum(len(members) for members, _ in states))
        return loss

    def _measure(self) -> None:
        self.probe = self.probe or Probe(self.tokenizer, PROBE_EXAMPLES)
        with self.autocast:
            self.probed = self.probe.measure(self.model, self.pads)
        values = " ".join(f"{ability} {value:.2f}" for ability, value in self.probed.items())
        print(f"probe {self.elapsed:.0f}s {values}", flush=True)

    def _adapted(self) -> dict[str, float]:
        """The mix with more of what is not learnt yet."""
        return {ability: weight * (0.5 + 2 * (1 - self.probed.get(ability, 0.75))) for ability, weight in self.mix.items()}

    def _save(self) -> None:
        self.saved = self.elapsed
        state = {
            "model": self.model.state_dict(),
            "reader": self.reader.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "progress": (self.steps, self.elapsed, self.starts, self.probed),
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
        self.steps, self.elapsed, starts, self.probed = state["progress"]
        self.starts = starts + 1
        self.saved = self.elapsed
        print(f"goes on at {self.elapsed:.0f}s, step {self.steps}", flush=True)


class Tally:
    """Counts between two lines of the log."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {}
        self._clear()

    def _clear(self) -> None:
        self.seen.clear()
        self.loss, self.count, self.media = 0.0, 0, 0
        self.right: dict[str, list[int]] = {}
        self.since = time.time()

    def add(self, loss: torch.Tensor, media: int) -> None:
        """A step's loss and how many media it saw."""
        self.loss += float(loss.detach())
        self.count += 1
        self.media += media

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
        line = f"loss {self.loss / max(1, self.count):.4f} media/s {self.media / (time.time() - self.since):.0f} {shares}"
        self._clear()
        return line
