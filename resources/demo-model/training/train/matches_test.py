"""python3 resources/demo-model/training/train/matches_test.py: words of a comparison are found where they were written before."""

from __future__ import annotations

import unittest

from bpe import Tokenizer, learn_merges
from matches import matches_of

COMMON = "<|im_start|>user\n?<|im_end|>\n"
ANSWER = "<|im_start|>1: a red ring. 2: a blue ring. 3: a red star. 2 differs.\n"


class Matches(unittest.TestCase):
    """A tokenizer whose words are tokens."""

    def setUp(self) -> None:
        self.tokenizer = Tokenizer(learn_merges([" a red ring blue star differs"] * 9, 60))

    def words_of(self, *branches: str) -> list[tuple[str, list[str]]]:
        """Each matched word with the words that stand before the places where it was found."""
        ids = self.tokenizer.encode(COMMON)
        branch = [0] * len(ids)
        for number, text in enumerate(branches):
            added = self.tokenizer.encode(text)
            ids += added
            branch += [number + 1] * len(added)
        word = ["", *(self.tokenizer.vocabulary[i].replace("Ġ", " ") for i in ids)]
        found = matches_of(ids, branch, self.tokenizer)
        return [(word[at + 1], [word[place] for place in places]) for at, places in found]

    def test_words_of_later_captions(self) -> None:
        # where the two messages begin
        none = ["", "Ċ"]
        self.assertEqual(
            self.words_of(ANSWER),
            [(" a", [":"]), (" blue", none), (" ring", [" red"]), (" a", [":", ":"]), (" red", [" a"]), (" star", none)],
        )

    def test_branches_do_not_see_each_other(self) -> None:
        one, both = self.words_of(ANSWER), self.words_of(ANSWER, ANSWER)
        self.assertEqual(both, [*one, *one])

    def test_nothing_without_two_captions(self) -> None:
        self.assertEqual(self.words_of("<|im_start|>It says: a red ring."), [])


if __name__ == "__main__":
    unittest.main()
