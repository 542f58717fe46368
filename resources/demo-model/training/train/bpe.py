"""Byte-level BPE as llama.cpp's tokenizer `gpt2` with pre-tokenizer `qwen2` computes it."""

from __future__ import annotations

import re
from collections import Counter
from typing import Iterable

SPECIALS = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
ROUND_TO = 32
# two characters of three bytes
LONGEST_CHINESE = 6

# the qwen2 expression with \p{L} and \p{N} in terms of Python's re: letters are word characters but digits and "_"
_LETTER = r"[^\W\d_]"
_SPLIT = re.compile(
    rf"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    rf"|(?:[^\r\n\w]|_)?{_LETTER}+|\d| ?(?:[^\s\w]|_)+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPECIAL = re.compile("(" + "|".join(re.escape(token) for token in SPECIALS) + ")")


def _byte_characters() -> list[str]:
    """The printable character that stands for each byte in vocabularies of GPT-2's kind."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    characters = {byte: chr(byte) for byte in printable}
    characters.update({byte: chr(256 + i) for i, byte in enumerate(others)})
    return [characters[byte] for byte in range(256)]


BYTES = _byte_characters()
_SPACE = BYTES[32]


def words(text: str) -> list[str]:
    """Pieces between which nothing is merged, each byte as its character."""
    return ["".join(BYTES[byte] for byte in piece.encode()) for piece in _SPLIT.findall(text)]


def learn_merges(texts: Iterable[str], count: int) -> list[tuple[str, str]]:
    """
    The most frequent pairs, merged one after the other. Chinese has no spaces, so whole questions would become tokens
    that no other question shares: there, tokens end at `LONGEST_CHINESE` bytes.
    """
    frequency: Counter[str] = Counter()
    for text in texts:
        for part in _SPECIAL.split(text):
            if part not in SPECIALS:
                frequency.update(words(part))
    pieces = [list(word) for word in frequency]
    counts = list(frequency.values())
    pairs: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[int]] = {}
    for i, piece in enumerate(pieces):
        for pair in zip(piece, piece[1:]):
            pairs[pair] += counts[i]
            where.setdefault(pair, set()).add(i)
    merges = []
    while len(merges) < count:
        best, times = max(pairs.items(), key=lambda item: (item[1], item[0]), default=(None, 0))
        if times < 2:
            break
        if not _may_merge(best):
            pairs.pop(best)
            where.pop(best)
            continue
        merges.append(best)
        for i in list(where[best]):
            piece = pieces[i]
            for pair in zip(piece, piece[1:]):
                if pair in pairs:
                    pairs[pair] -= counts[i]
            merged = _merge(piece, best)
            pieces[i] = merged
            for pair in zip(merged, merged[1:]):
                if _may_merge(pair):
                    pairs[pair] += counts[i]
                    where.setdefault(pair, set()).add(i)
        pairs.pop(best, None)
    return merges


def _may_merge(pair: tuple[str, str]) -> bool:
    joined = pair[0] + pair[1]
    return len(joined) <= LONGEST_CHINESE or not any(
        character >= "\x80" and character != _SPACE for character in joined
    )


def _merge(piece: list[str], pair: tuple[str, str]) -> list[str]:
    out: list[str] = []
    i = 0
    while i < len(piece):
        if i + 1 < len(piece) and (piece[i], piece[i + 1]) == pair:
            out.append(piece[i] + piece[i + 1])
            i += 2
        else:
            out.append(piece[i])
            i += 1
    return out


class Tokenizer:
    """Text to token ids. Special tokens in the text are parsed as such."""

    def __init__(self, merges: list[tuple[str, str]], vocabulary: list[str] | None = None) -> None:
        self.merges = merges
        if vocabulary is None:
            vocabulary = list(dict.fromkeys([*BYTES, *(a + b for a, b in merges)])) + list(SPECIALS)
            vocabulary += [
                f"<|extra_{i}|>" for i in range(len(vocabulary), -(-len(vocabulary) // ROUND_TO) * ROUND_TO)
            ]
        self.vocabulary = vocabulary
        self.ids = {token: i for i, token in enumerate(vocabulary)}
        self._ranks = {merge: rank for rank, merge in enumerate(merges)}
        self._words: dict[str, list[int]] = {}

    def is_special(self, token: str) -> bool:
        """Whether a token is none of text."""
        return token in SPECIALS or token.startswith("<|extra_")

    def encode(self, text: str) -> list[int]:
        """Token ids of a text."""
        out: list[int] = []
        for part in _SPECIAL.split(text):
            if part in SPECIALS:
                out.append(self.ids[part])
            elif part:
                for word in words(part):
                    out += self._word(word)
        return out

    def _word(self, word: str) -> list[int]:
        known = self._words.get(word)
        if known is None:
            pieces = list(word)
            while len(pieces) > 1:
                pair = min(zip(pieces, pieces[1:]), key=lambda p: self._ranks.get(p, 1 << 30))
                if pair not in self._ranks:
                    break
                pieces = _merge(pieces, pair)
            known = self._words[word] = [self.ids[piece] for piece in pieces]
            if len(self._words) > 200_000:
                self._words.clear()
        return known
