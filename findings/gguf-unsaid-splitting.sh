#!/bin/sh
# Two GGUF files with the same vocabulary, the same merges and the same kind of tokenizer take different tokens for one text.
#
# One would guess: tokens and merges are the whole of a BPE tokenizer, or a file that lacks a part of it is refused.
# What happens: how a text is cut before the merges apply is a name in the metadata, `tokenizer.ggml.pre`. Older converters
# left it out. llama.cpp loads such a file all the same, with a cutting of its own under which several digits are one word,
# and nothing of that reaches the caller: "1234" comes as [12][3][4] where the model learnt [1][2][3][4].
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional node-llama-cpp@3.21.1
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional "@node-llama-cpp/$(node -p '`${process.platform}-${process.arch}`')@3.21.1"
cat >ask.mjs <<'EOF'
import { readFileSync, writeFileSync } from 'node:fs'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'
console.log('node-llama-cpp', JSON.parse(readFileSync('node_modules/node-llama-cpp/package.json', 'utf8')).version, 'Node', process.version)
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer)
const u64 = (n) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const text = (s) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
const string = (s) => [u32(8), text(s)]
const number = (n) => [u32(4), u32(n)]
const texts = (list) => [u32(9), u32(8), u64(list.length), ...list.map(text)]
const numbers = (list) => [u32(9), u32(5), u64(list.length), ...list.map(u32)]
// the characters that GPT-2's vocabularies write bytes with, and one merge
const plain = (b) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174
let next = 256
const tokens = [...Array.from({ length: 256 }, (_, b) => String.fromCodePoint(plain(b) ? b : next++)), '12', '<|im_end|>']
const metadata = {
  'general.architecture': string('qwen2vl'),
  ...Object.fromEntries(Object.entries({ block_count: 1, context_length: 64, embedding_length: 32, feed_forward_length: 32, 'attention.head_count': 1 }).map(([key, n]) => [`qwen2vl.${key}`, number(n)])),
  'qwen2vl.rope.dimension_sections': numbers([4, 6, 6, 0]),
  'qwen2vl.attention.layer_norm_rms_epsilon': [u32(6), Buffer.from(Float32Array.of(1e-6).buffer)],
  'tokenizer.ggml.model': string('gpt2'),
  'tokenizer.ggml.pre': string('qwen2'),
  'tokenizer.ggml.tokens': texts(tokens),
  'tokenizer.ggml.token_type': numbers(tokens.map((_, i) => (i === 257 ? 3 : 1))),
  'tokenizer.ggml.merges': texts(['1 2']),
  'tokenizer.ggml.eos_token_id': number(257),
}
const { 'tokenizer.ggml.pre': _, ...unsaid } = metadata
const write = (path, entries) => writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(Object.keys(entries).length), ...Object.entries(entries).flatMap(([key, value]) => [text(key), ...value])]))
write('said.gguf', metadata)
write('unsaid.gguf', unsaid)
const told = []
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, logger: (level, message) => told.push(message) })
const ids = []
for (const modelPath of ['said.gguf', 'unsaid.gguf']) {
  const model = await llama.loadModel({ modelPath, vocabOnly: true })
  ids.push(model.tokenize('1234').join())
  console.log(modelPath, ids.at(-1))
}
const warned = told.some((message) => /pre-?tokenizer/i.test(message))
console.log('told of it as an error:', warned)
process.exit(ids[0] === '49,50,51,52' && ids[1] === '256,51,52' && !warned ? 0 : 1)
EOF
node ask.mjs
