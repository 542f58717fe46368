#!/bin/sh
# A GGUF file with a list of lists in its metadata is read by node-llama-cpp's own reader, and its llama.cpp does not load it.
#
# One would guess: what a library's reader of headers takes, the library loads, above all in a key that no model uses; and
# the description of the format says that arrays can be nested.
# What happens: readGgufFileInfo gives the nested list as it is. llama.cpp's reader knows no lists of lists: it gives up the
# whole file at that key, so the model is not loaded at all. The same file without the key loads.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional node-llama-cpp@3.21.1
npm install --silent --no-audit --no-fund --ignore-scripts --omit=optional "@node-llama-cpp/$(node -p '`${process.platform}-${process.arch}`')@3.21.1"
cat >ask.mjs <<'EOF'
import { readFileSync, writeFileSync } from 'node:fs'
import { getLlama, LlamaLogLevel, readGgufFileInfo } from 'node-llama-cpp'
console.log('node-llama-cpp', JSON.parse(readFileSync('node_modules/node-llama-cpp/package.json', 'utf8')).version, 'Node', process.version)
const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer)
const u64 = (n) => Buffer.from(BigUint64Array.of(BigInt(n)).buffer)
const text = (s) => Buffer.concat([u64(Buffer.byteLength(s)), Buffer.from(s)])
const string = (s) => [u32(8), text(s)]
const number = (n) => [u32(4), u32(n)]
const texts = (list) => [u32(9), u32(8), u64(list.length), ...list.map(text)]
const numbers = (list) => [u32(9), u32(5), u64(list.length), ...list.map(u32)]
const lists = (list) => [u32(9), u32(9), u64(list.length), ...list.flatMap((each) => [u32(5), u64(each.length), ...each.map(u32)])]
const tokens = ['a', 'b', '<|im_end|>']
const metadata = {
  'general.architecture': string('qwen2vl'),
  ...Object.fromEntries(Object.entries({ block_count: 1, context_length: 64, embedding_length: 32, feed_forward_length: 32, 'attention.head_count': 1 }).map(([key, n]) => [`qwen2vl.${key}`, number(n)])),
  'qwen2vl.rope.dimension_sections': numbers([4, 6, 6, 0]),
  'qwen2vl.attention.layer_norm_rms_epsilon': [u32(6), Buffer.from(Float32Array.of(1e-6).buffer)],
  'tokenizer.ggml.model': string('gpt2'),
  'tokenizer.ggml.pre': string('qwen2'),
  'tokenizer.ggml.tokens': texts(tokens),
  'tokenizer.ggml.token_type': numbers([1, 1, 3]),
  'tokenizer.ggml.merges': texts([]),
  'tokenizer.ggml.eos_token_id': number(2),
}
const write = (path, entries) => writeFileSync(path, Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(Object.keys(entries).length), ...Object.entries(entries).flatMap(([key, value]) => [text(key), ...value])]))
write('plain.gguf', metadata)
write('nested.gguf', { ...metadata, 'x.lists': lists([[1, 2], [3]]) })
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled })
const seen = []
for (const path of ['plain.gguf', 'nested.gguf']) {
  const { metadata: read } = await readGgufFileInfo(path, { logWarnings: false })
  const loads = await llama.loadModel({ modelPath: path, vocabOnly: true }).then(() => true, () => false)
  seen.push(`${JSON.stringify(read.x?.lists ?? null)} ${loads}`)
  console.log(path, 'read as', JSON.stringify(read.x?.lists ?? null), '| loaded:', loads)
}
process.exit(seen.join() === 'null true,[[1,2],[3]] false' ? 0 : 1)
EOF
node ask.mjs
