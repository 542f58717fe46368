import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { safeName } from './safeName.ts'

test.each([
  ['Qwen2-VL 2B Q4_K_M', 'Qwen2-VL 2B Q4_K_M'],
  ['../../etc/passwd', 'etc-passwd'],
  ['a/b\\c:d*e?f"g<h>i|j', 'a-b-c-d-e-f-g-h-i-j'],
  ['  .hidden. ', 'hidden'],
  ['CON', 'model CON'],
  ['lpt1.txt', 'model lpt1.txt'],
  ['\u0000\u202e', 'model'],
  ['...', 'model'],
  ['通义千问 2 VL', '通义千问 2 VL'],
])('%j becomes %j, which every file system takes', (name, expected) => {
  expect(safeName(name)).toBe(expected)
})

test('a long name is cut between characters, and can be written', () => {
  const name = safeName('模型😀'.repeat(100))
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(120)
  expect(name.isWellFormed()).toBe(true)
  const folder = mkdtempSync(join(tmpdir(), 'sightline-name-'))
  writeFileSync(join(folder, `mmproj-${name}-00001-of-00009.gguf`), '')
  expect(readdirSync(folder)).toHaveLength(1)
  rmSync(folder, { recursive: true })
})
