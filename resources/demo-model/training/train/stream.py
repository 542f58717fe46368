"""Examples from the generator, as they come through its pipe."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from typing import Iterator

import numpy as np

ROOT = Path(__file__).resolve().parents[4]
GENERATOR = ROOT / "resources/demo-model/training/generator/stream.ts"
WAITING_EXAMPLES = 400


@dataclass
class Media:
    """A picture (one frame) or a video as the tower sees it: frames of [height, width, 3], 8 bits."""

    is_video: bool
    frames: np.ndarray
    labels: list[dict]

    @property
    def grid(self) -> tuple[int, int, int]:
        """Temporal slices, rows and columns in tokens."""
        count, height, width, _ = self.frames.shape
        return (count + 1) // 2, height // 28, width // 28


@dataclass
class Example:
    """
    One conversation: pieces are ('text' | 'answer', text), ('answer', text, mark of the first picture that it is about) or
    ('media', number). `branches`: other ways to go on after the last
    medium, each by itself.
    """

    ability: str
    pieces: list[tuple]
    media: list[Media]
    branches: list[list[tuple]]


def _node() -> str:
    own = ROOT / "node_modules/node/bin/node"
    return str(own) if own.exists() else "node"


class Stream:
    """Runs the generator beside the training; iterate to get its examples. `close` ends it."""

    def __init__(
        self,
        seed: str,
        what: str = "conversations",
        mix: dict[str, float] | None = None,
        count: int | None = None,
        split: str = "train",
    ) -> None:
        command = [_node(), str(GENERATOR), "--seed", seed, "--what", what, "--split", split]
        if mix:
            command += ["--mix", json.dumps(mix)]
        if count:
            command += ["--count", str(count)]
        self._has_pixels = what != "texts"
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._queue: Queue[Example | None] = Queue(WAITING_EXAMPLES)
        threading.Thread(target=self._read, daemon=True).start()

    def __iter__(self) -> Iterator[Example]:
        while (example := self._queue.get()) is not None:
            yield example

    def close(self) -> None:
        """Ends the generator; what it sent already is dropped."""
        self._process.kill()
        self._process.wait()

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe
        while len(length := pipe.read(4)) == 4:
            header = json.loads(pipe.read(int.from_bytes(length, "little")))
            media = []
            for facts in header["media"]:
                shape = (facts["frames"], facts["height"], facts["width"], 3)
                data = pipe.read(int(np.prod(shape)))
                if len(data) < np.prod(shape):
                    break
                frames = np.frombuffer(data, np.uint8).reshape(shape)
                media.append(Media(facts["type"] == "video", frames, facts["labels"]))
            pieces = [tuple(piece) for piece in header["pieces"]]
            branches = [[tuple(piece) for piece in branch] for branch in header.get("branches", [])]
            self._queue.put(Example(header["ability"], pieces, media, branches))
        self._queue.put(None)
