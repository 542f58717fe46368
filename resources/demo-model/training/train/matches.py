"""Words of a comparison that were written before: "Picture 1: a red ring. Picture 2: a blue ring." has "ring" twice."""

from __future__ import annotations

import numpy as np

from bpe import Tokenizer

COLONS = (":", "：")
STOPS = (".", "。")


def matches_of(ids: list[int], branch: list[int], tokenizer: Tokenizer) -> list[tuple[int, list[int]]]:
    """
    Places of the words after a colon with the places of the same words after earlier colons of the same message and
    branch; with the places where messages begin when there are none.
    """
    begin = tokenizer.ids["<|im_start|>"]
    colons, stops = ({tokenizer.encode(sign)[0] for sign in signs} for signs in (COLONS, STOPS))
    found: list[tuple[int, list[int]]] = []
    for number in np.unique(branch):
        begins = [at for at, token in enumerate(ids) if token == begin and branch[at] in (0, number)]
        said: dict[int, list[int]] = {}
        caption: list[int] | None = None
        captions = 0
        for at in np.flatnonzero(np.asarray(branch) == number).tolist():
            token = ids[at]
            if token == begin:
                said, caption, captions = {}, None, 0
            elif token in colons:
                caption, captions = [], captions + 1
            elif caption is not None and token in stops:
                for place in caption:
                    said.setdefault(ids[place], []).append(place)
                caption = None
            elif caption is not None:
                caption.append(at)
                if captions > 1:
                    found.append((at, [*said.get(token, begins)]))
    return found
