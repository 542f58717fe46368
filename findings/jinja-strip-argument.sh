#!/bin/sh
# @huggingface/jinja, made to render the chat templates of models, leaves out the argument of strip, lstrip and rstrip.
#
# One would guess: {{ content.lstrip('\n') }} takes line ends away and nothing else, as in Python and so in Jinja. Published
# chat templates count on it: that of Qwen3 writes content.lstrip('\n') and reasoning_content.strip('\n').
# What happens: the argument is ignored and all blanks go, so that an answer that begins with indented code loses its
# indentation in the history. Also `trim` takes U+FEFF away, which is no blank in Python.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @huggingface/jinja@0.5.11
cat >ask.mjs <<'EOF'
import { readFileSync } from 'node:fs'
import { Template } from '@huggingface/jinja'
const { version } = JSON.parse(readFileSync('node_modules/@huggingface/jinja/package.json', 'utf8'))
console.log(`@huggingface/jinja ${version}, Node ${process.version}`)
const cases = [
  ["{{ text.lstrip('\\n') }}", '\n\n    return x\n', '    return x\n'],
  ["{{ text.strip('\\n') }}", '\n  a  \n', '  a  '],
  ["{{ text.rstrip('!') }}", 'Stop!! ', 'Stop!! '],
  ['{{ text | trim }}', '\ufeffa', '\ufeffa'],
]
let unlike = 0
for (const [source, text, python] of cases) {
  const found = new Template(source).render({ text })
  console.log(source, 'of', JSON.stringify(text), 'gives', JSON.stringify(found) + ', Jinja', JSON.stringify(python))
  if (found !== python) unlike++
}
console.log(`${unlike} of ${cases.length} unlike Jinja`)
process.exit(unlike === cases.length ? 0 : 1)
EOF
node ask.mjs
