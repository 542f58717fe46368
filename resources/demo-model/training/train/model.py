"""Tower and language model together."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from language import LanguageModel, LanguageShape
from stream import Media
from vision import VisionShape, VisionTower


class Model(nn.Module):
    """A model of the Qwen2-VL family; about 4 million parameters."""

    def __init__(self, language: LanguageShape, vision: VisionShape = VisionShape()) -> None:
        super().__init__()
        self.tower = VisionTower(vision)
        self.language = LanguageModel(language)
        self.apply(_initialise)
        for name, parameter in self.named_parameters():
            if name.endswith(("out.weight", "down.weight")):
                parameter.data.mul_(0.4)
        self.tower.set_patterns()

    def see(
        self, media: list[Media], tower_learns: bool = True
    ) -> tuple[list[Tensor], list[tuple[list[int], Tensor]]]:
        """
        Embeddings [tokens, width] of each medium (a video's slices one after the other), and for each size which media
        they are and what the last block gives for them, [slices, patches, width].
        """
        groups: dict[tuple[int, int, bool], list[int]] = {}
        for i, one in enumerate(media):
            groups.setdefault((*one.frames.shape[1:3], one.is_video), []).append(i)
        embeddings: list[Tensor] = [torch.empty(0)] * len(media)
        states = []
        device = self.tower.norm.weight.device
        for (_, _, is_video), members in groups.items():
            frames = np.concatenate([media[i].frames for i in members])
            pixels = torch.from_numpy(frames).to(device)
            with torch.set_grad_enabled(tower_learns and torch.is_grad_enabled()):
                state = (
                    self.tower.look(pixels[0::2], pixels[1::2]) if is_video else self.tower.look(pixels, None)
                )
            out = self.tower.merge(state)
            states.append((members, state))
            at = 0
            for i in members:
                slices = media[i].grid[0]
                embeddings[i] = out[at : at + slices].flatten(0, 1)
                at += slices
        return embeddings, states


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.8 * module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.08)
