"""Learns the vocabulary from the generator's own conversations."""

from __future__ import annotations

import re

from bpe import Tokenizer, learn_merges
from stream import Stream

CONVERSATIONS = 12_000
MERGES = 1500
SEED = "vocabulary"
# printed words are read letter by letter: their letters must not be merged
_PRINTED = re.compile(r'((?:word |says |单词|写着|"text":)")[A-Za-z0-9]+"')


def learn_vocabulary(conversations: int = CONVERSATIONS, merges: int = MERGES) -> Tokenizer:
    """The same vocabulary each time, as long as the generator says the same things."""
    stream = Stream(SEED, what="texts", count=conversations)
    texts = [
        _PRINTED.sub(r'\1"', str(text))
        for example in stream
        for kind, text in example.pieces
        if kind != "media"
    ]
    return Tokenizer(learn_merges(texts, merges))
