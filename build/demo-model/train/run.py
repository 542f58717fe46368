"""Trains the demo model and exports it.

    python3 build/demo-model/train/run.py --minutes 180 --out /tmp/demo-model

A folder that holds a checkpoint is gone on with. `--from FOLDER` starts from an exported pair of GGUF files.
"""

from __future__ import annotations

import os
import sys

# before torch is loaded: twice the speed of OpenBLAS on processors it does not know, and memory that is kept
_SETTINGS = {"OPENBLAS_CORETYPE": "SKYLAKEX", "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "-1", "OMP_WAIT_POLICY": "passive"}
if "avx512f" in (open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else "") and "OPENBLAS_CORETYPE" not in os.environ:
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **_SETTINGS})

import argparse
import json
import time
from pathlib import Path

import torch

from export import export, load
from language import LanguageShape
from model import Model
from trainer import Trainer
from vocabulary import learn_vocabulary


def main() -> None:
    """Reads the arguments, trains, exports."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=180, help="wall-clock time of the whole training")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, log and GGUF files")
    parser.add_argument("--from", dest="start", type=Path, help="folder of GGUF files to start from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, help="more only help where nothing else runs")
    parser.add_argument("--batch", type=int, default=24, help="conversations per step")
    parser.add_argument("--mix", type=json.loads, default=None, help="weights of abilities instead of the usual, JSON")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    started = time.time()
    goes_on = (arguments.out / "checkpoint.pt").exists()
    if goes_on or arguments.start:
        model, tokenizer = load(arguments.out if goes_on else arguments.start)
    else:
        tokenizer = learn_vocabulary()
        model = Model(LanguageShape(len(tokenizer.vocabulary)))
    arguments.out.mkdir(parents=True, exist_ok=True)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{parameters:,} parameters, {len(tokenizer.vocabulary)} tokens, {device}, {time.time() - started:.0f} s", flush=True)
    trainer = Trainer(model.to(device), tokenizer, arguments.out, arguments.seed, arguments.batch, arguments.mix)
    trainer.train(arguments.minutes * 60, from_nothing=arguments.start is None)
    size = export(model, tokenizer, arguments.out)
    print(f"{arguments.out}: {size:,} bytes after {(time.time() - started) / 60:.0f} min", flush=True)


if __name__ == "__main__":
    main()
