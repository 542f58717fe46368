"""Trains the demo model and exports it.

    python3 resources/demo-model/training/train/run.py --minutes 180 --out /tmp/demo-model

A folder that holds a checkpoint is gone on with. `--from FOLDER` starts from an exported pair of GGUF files.
"""

from __future__ import annotations

import os
import sys

# before torch is loaded: twice the speed of OpenBLAS on processors it does not know, and memory that is kept
_SETTINGS = {
    "OPENBLAS_CORETYPE": "SKYLAKEX",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "-1",
    "OMP_WAIT_POLICY": "passive",
}
if (
    "avx512f" in (open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else "")
    and "OPENBLAS_CORETYPE" not in os.environ
):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_SETTINGS})

import argparse
import json
import time
from pathlib import Path

import torch
import torch.multiprocessing as multiprocessing

from export import export, load
from language import LanguageShape
from model import Model
from peers import Board, Peers, board_for
from trainer import Options, Trainer, readers_for
from vocabulary import learn_vocabulary


def work(number: int, board: Board, arguments: argparse.Namespace, start: Path) -> None:
    """One process: trains what lies in `start`."""
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, tokenizer = load(start)
    options = Options(arguments.out, arguments.seed, arguments.batch, arguments.mix)
    trainer = Trainer(model.to(device), tokenizer, options, Peers(board, number))
    trainer.train(arguments.minutes * 60, from_nothing=arguments.start is None)


def main() -> None:
    """Reads the arguments, trains, exports."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=180, help="wall-clock time of the whole training")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and GGUF files")
    parser.add_argument("--from", dest="start", type=Path, help="folder of GGUF files to start from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--workers", type=int, default=1 if torch.cuda.is_available() else min(8, os.cpu_count() or 1)
    )
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--batch", type=int, default=14, help="conversations per step of a worker")
    parser.add_argument("--mix", type=json.loads, help="weights of abilities instead of the usual, JSON")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    started = time.time()
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    start = out if (out / "checkpoint.pt").exists() else arguments.start
    if start is None:
        tokenizer = learn_vocabulary()
        start = out
        export(Model(LanguageShape(len(tokenizer.vocabulary))), tokenizer, out)
    model, tokenizer = load(start)
    size = sum(p.numel() for p in model.parameters())
    print(
        f"{size:,} parameters, {len(tokenizer.vocabulary)} tokens, {time.time() - started:.0f} s", flush=True
    )
    board = board_for(arguments.workers, [*model.parameters(), *readers_for(model).parameters()])
    spawn = multiprocessing.get_context("spawn")
    others = [
        spawn.Process(target=work, args=(i, board, arguments, start), daemon=True)
        for i in range(1, arguments.workers)
    ]
    for other in others:
        other.start()
    work(0, board, arguments, start)
    for other in others:
        other.join()
    print(f"{out}: done after {(time.time() - started) / 60:.0f} min", flush=True)


if __name__ == "__main__":
    main()
