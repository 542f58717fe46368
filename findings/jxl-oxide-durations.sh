#!/bin/sh
# jxl-oxide-wasm tells how long a picture of an animation is shown as a numerator and a denominator that are no seconds.
#
# One would guess: durationNumerator / durationDenominator is the time in seconds (10 ticks at 100 ticks a second: 0.1).
# What happens: it is the ticks times the ticks of a second (10 ticks: 1000), so that an animation of 0.6 s seems to last 100
# minutes. The ticks of a second themselves are told nowhere: they have to be read from the file's header (ISO/IEC 18181-1).
# The file below was made with libjxl's cjxl from a GIF of three pictures, shown for 100, 300 and 200 ms.
# Run by hand. Installs jxl-oxide-wasm in a temporary folder; ends with 1 where the behaviour is another one.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund jxl-oxide-wasm@0.12.5
cat >try.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { initSync, JxlImage } from 'jxl-oxide-wasm'

const { version } = JSON.parse(readFileSync('node_modules/jxl-oxide-wasm/package.json', 'utf8'))
console.log(`node ${process.versions.node}, jxl-oxide-wasm ${version}`)
initSync({ module: readFileSync('node_modules/jxl-oxide-wasm/jxl_oxide_wasm_bg.wasm') })
const image = new JxlImage()
image.feedBytes(Buffer.from('/woDBQFYUFwSCAigggAAaABLGIsVANSMMRjJC0gAkEikDOB/QNKPRjX0BwgIMpEeAgBoAEsYixUAHC7G4Li8gAQArWYBAIUE/v0AkOYACAgykRQBAEQASxiLFYBd6v8CEgAExx05+QM=', 'base64'))
image.tryInit()
const ms = [100, 300, 200]
const told = ms.map((_, n) => {
  const { durationNumerator, durationDenominator } = image.render(n)
  return durationNumerator / durationDenominator
})
console.log(`shown for ${ms.map((one) => one / 1000).join(', ')} s, told as ${told.join(', ')}`)
process.exit(told.every((one, n) => one === (ms[n] / 10) * 100) ? 0 : 1)
JS
node try.mjs
# Seen on 1 December 2026:
# node 24.21.0, jxl-oxide-wasm 0.12.5
# shown for 0.1, 0.3, 0.2 s, told as 1000, 3000, 2000
