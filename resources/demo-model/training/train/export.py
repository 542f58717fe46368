"""A trained model as the two GGUF files that llama.cpp's converter would write, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from bpe import Tokenizer
from gguf import ARRAY, BOOL, F32, I32, STRING, U32, Value, read_gguf, write_gguf
from language import LanguageShape
from model import Model
from vision import PATCH, VisionShape

TEXT_FILE = "demo-text-f16.gguf"
PROJECTOR_FILE = "demo-mmproj-f16.gguf"
NAME = "TinySight demo"
TRAINED_CONTEXT = 4096
NORMAL, CONTROL = 1, 3
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' or 'image' in part or 'image_url' in part %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% elif part['type'] == 'video' or 'video' in part %}<|vision_start|><|video_pad|><|vision_end|>"
    "{% elif 'text' in part %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_TOWER_BLOCK = {"norm1": "ln1", "norm2": "ln2", "out": "attn_out", "up": "ffn_up", "down": "ffn_down"}
_TOWER = {"norm": "v.post_ln", "merge0": "mm.0", "merge2": "mm.2"}


def _halves(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float16) if array.ndim > 1 else array.astype(np.float32)


def _text_tensors(model: Model) -> dict[str, torch.Tensor]:
    """Names in the file to weights; the fused matrices are cut."""
    language, shape = model.language, model.language.shape
    head = shape.width // shape.heads
    tensors = {"token_embd.weight": language.embedding.weight, "output_norm.weight": language.norm.weight}
    for i, block in enumerate(language.blocks):
        prefix = f"blk.{i}."
        tensors[prefix + "attn_norm.weight"] = block.norm1.weight
        tensors[prefix + "ffn_norm.weight"] = block.norm2.weight
        cuts = [shape.width, shape.kv_heads * head, shape.kv_heads * head]
        for name, weight, bias in zip("qkv", block.qkv.weight.split(cuts), block.qkv.bias.split(cuts)):
            tensors.update({f"{prefix}attn_{name}.weight": weight, f"{prefix}attn_{name}.bias": bias})
        tensors[prefix + "attn_output.weight"] = block.out.weight
        gate, up = block.gate_up.weight.chunk(2)
        tensors.update({prefix + "ffn_gate.weight": gate, prefix + "ffn_up.weight": up})
        tensors[prefix + "ffn_down.weight"] = block.down.weight
    return tensors


def _projector_tensors(model: Model) -> dict[str, torch.Tensor]:
    tower = model.tower
    kernel = (-1, 3, PATCH, PATCH)
    tensors = {
        "v.patch_embd.weight": tower.patch0.weight.view(kernel),
        "v.patch_embd.weight.1": tower.patch1.weight.view(kernel),
    }
    for own, name in _TOWER.items():
        layer = getattr(tower, own)
        tensors.update({f"{name}.weight": layer.weight, f"{name}.bias": layer.bias})
    for i, block in enumerate(tower.blocks):
        for name, weight, bias in zip("qkv", block.qkv.weight.chunk(3), block.qkv.bias.chunk(3)):
            tensors.update({f"v.blk.{i}.attn_{name}.weight": weight, f"v.blk.{i}.attn_{name}.bias": bias})
        for own, name in _TOWER_BLOCK.items():
            layer = getattr(block, own)
            tensors.update({f"v.blk.{i}.{name}.weight": layer.weight, f"v.blk.{i}.{name}.bias": layer.bias})
    return tensors


def export(model: Model, tokenizer: Tokenizer, folder: Path) -> int:
    """Writes both files into `folder` and returns their size together in bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    shape, vision = model.language.shape, model.tower.shape
    specials = [CONTROL if tokenizer.is_special(token) else NORMAL for token in tokenizer.vocabulary]
    q, t = "qwen2vl.", "tokenizer.ggml."
    text: dict[str, Value] = {
        "general.architecture": (STRING, "qwen2vl"),
        "general.type": (STRING, "model"),
        "general.name": (STRING, NAME),
        "general.file_type": (U32, 1),
        "general.quantization_version": (U32, 2),
        q + "block_count": (U32, shape.layers),
        q + "context_length": (U32, TRAINED_CONTEXT),
        q + "embedding_length": (U32, shape.width),
        q + "feed_forward_length": (U32, shape.feed_forward),
        q + "attention.head_count": (U32, shape.heads),
        q + "attention.head_count_kv": (U32, shape.kv_heads),
        q + "attention.layer_norm_rms_epsilon": (F32, shape.eps),
        q + "rope.freq_base": (F32, shape.rope_base),
        q + "rope.dimension_sections": (ARRAY, (I32, [*shape.sections, 0])),
        t + "model": (STRING, "gpt2"),
        t + "pre": (STRING, "qwen2"),
        t + "tokens": (ARRAY, (STRING, tokenizer.vocabulary)),
        t + "token_type": (ARRAY, (I32, specials)),
        t + "merges": (ARRAY, (STRING, [f"{a} {b}" for a, b in tokenizer.merges])),
        t + "eos_token_id": (U32, tokenizer.ids["<|im_end|>"]),
        t + "padding_token_id": (U32, tokenizer.ids["<|endoftext|>"]),
        t + "bos_token_id": (U32, tokenizer.ids["<|endoftext|>"]),
        t + "add_bos_token": (BOOL, False),
        "tokenizer.chat_template": (STRING, TEMPLATE),
    }
    v = "clip.vision."
    projector: dict[str, Value] = {
        "general.architecture": (STRING, "clip"),
        "general.type": (STRING, "mmproj"),
        "general.name": (STRING, f"{NAME} vision"),
        "general.file_type": (U32, 1),
        "clip.has_vision_encoder": (BOOL, True),
        "clip.projector_type": (STRING, "qwen2vl_merger"),
        v + "image_size": (U32, 560),
        v + "patch_size": (U32, PATCH),
        v + "embedding_length": (U32, vision.width),
        v + "feed_forward_length": (U32, vision.feed_forward),
        v + "block_count": (U32, vision.layers),
        v + "attention.head_count": (U32, vision.heads),
        v + "attention.layer_norm_epsilon": (F32, vision.eps),
        v + "projection_dim": (U32, vision.output),
        v + "image_mean": (ARRAY, (F32, [0.5] * 3)),
        v + "image_std": (ARRAY, (F32, [0.5] * 3)),
    }
    arrays = lambda tensors: {
        name: _halves(tensor.detach().float().cpu().numpy()) for name, tensor in tensors.items()
    }
    return write_gguf(folder / TEXT_FILE, text, arrays(_text_tensors(model))) + write_gguf(
        folder / PROJECTOR_FILE, projector, arrays(_projector_tensors(model))
    )


def load(folder: Path) -> tuple[Model, Tokenizer]:
    """The model of an exported pair, ready to go on training."""
    text, text_tensors = read_gguf(folder / TEXT_FILE)
    projector, projector_tensors = read_gguf(folder / PROJECTOR_FILE)
    q, v, t = "qwen2vl.", "clip.vision.", "tokenizer.ggml."
    merges = [tuple(merge.split(" ")) for merge in text[t + "merges"]]
    tokenizer = Tokenizer(merges, text[t + "tokens"])
    width = text[q + "embedding_length"]
    language = LanguageShape(
        len(tokenizer.vocabulary),
        width,
        text[q + "attention.head_count"],
        text[q + "attention.head_count_kv"],
        text[q + "block_count"],
        text[q + "feed_forward_length"],
        text[q + "rope.freq_base"],
        tuple(text[q + "rope.dimension_sections"][:3]),
    )
    vision = VisionShape(
        projector[v + "embedding_length"],
        projector[v + "attention.head_count"],
        projector[v + "block_count"],
        projector[v + "feed_forward_length"],
        projector_tensors["mm.0.weight"].shape[0],
        width,
    )
    model = Model(language, vision)
    with torch.no_grad():
        for tensors, arrays in (
            (_text_tensors(model), text_tensors),
            (_projector_tensors(model), projector_tensors),
        ):
            for name, tensor in tensors.items():
                tensor.copy_(torch.from_numpy(arrays[name]).view(tensor.shape))
    return model, tokenizer
