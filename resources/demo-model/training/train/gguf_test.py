"""python3 resources/demo-model/training/train/gguf_test.py: what is exported is read back the same, and text is tokenized as the engine does."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path

import torch

from bpe import Tokenizer, learn_merges
from export import export, load
from language import LanguageShape
from model import Model


class Export(unittest.TestCase):
    """A small untrained model."""

    def test_round_trip(self) -> None:
        tokenizer = Tokenizer(learn_merges(["a red circle", "a red square", "一个红色的圆形"], 20))
        model = Model(LanguageShape(len(tokenizer.vocabulary), layers=1))
        with tempfile.TemporaryDirectory() as folder:
            export(model, tokenizer, Path(folder))
            again, same = load(Path(folder))
        self.assertEqual(same.vocabulary, tokenizer.vocabulary)
        self.assertEqual(same.merges, tokenizer.merges)
        for (name, a), b in zip(model.state_dict().items(), again.state_dict().values()):
            self.assertTrue(torch.equal(a.half() if a.dim() > 1 else a, b.half() if b.dim() > 1 else b), name)

    def test_special_tokens_and_digits_are_single(self) -> None:
        tokenizer = Tokenizer(learn_merges(["<|box_start|>(12,34)<|box_end|>"] * 9, 20))
        ids = tokenizer.encode("<|box_start|>(12,34)<|box_end|>")
        self.assertEqual(
            [tokenizer.vocabulary[i] for i in ids],
            ["<|box_start|>", "(", "1", "2", ",", "3", "4", ")", "<|box_end|>"],
        )


if __name__ == "__main__":
    unittest.main()
