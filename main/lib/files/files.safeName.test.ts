import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeName } from './files.ts'

test.each([
  ['Qwen2-VL-2B-Instruct-Q4_K_M.gguf', 'Qwen2-VL-2B-Instruct-Q4_K_M.gguf'],
  ['Q4/model-00001-of-00002.gguf', 'model-00001-of-00002.gguf'],
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\evil.gguf', 'evil.gguf'],
  ['C:\\Windows\\x.gguf', 'x.gguf'],
  ['a:b.gguf', 'a_b.gguf'],
  ['con', '_con'],
  ['NUL.gguf', '_NUL.gguf'],
  ['LPT¹.txt', '_LPT¹.txt'],
  ['Aux .gguf', '_Aux .gguf'],
  ['console.gguf', 'console.gguf'],
  ['.hidden', 'hidden'],
  ['name. . ', 'name'],
  ['a\0b\u202Egguf', 'abgguf'],
  ['model.gguf.part', 'model.gguf.part_'],
  ['Modèle.gguf'.normalize('NFD'), 'Modèle.gguf'.normalize('NFC')],
])('%j becomes %j', (wanted, name) => {
  expect(safeName(wanted)).toBe(name)
})

test('long names are cut, stay different and keep their ending', () => {
  const long = (last: string) => safeName(`${'é'.repeat(300)}${last}-00001-of-00002.gguf`)
  expect(Buffer.byteLength(long('a'))).toBeLessThanOrEqual(180)
  expect(long('a')).toMatch(/-[0-9a-f]{8}-00001-of-00002\.gguf$/)
  expect(long('a')).not.toBe(long('b'))
})

test('nothing leaves nothing: names without a usable character get one, each its own', () => {
  for (const wanted of ['', '..', '/', '...', '\0']) expect(safeName(wanted)).toMatch(/^model-[0-9a-f]{8}$/)
  expect(safeName('..')).not.toBe(safeName('...'))
})

test('any text becomes the name of exactly one file in the folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-names-'))
  try {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 400 }),
          fc.string({ unit: fc.constantFrom('.', '/', '\\', ' ', 'a', 'CON', ':', '\0') }),
        ),
        (wanted) => {
          const name = safeName(wanted)
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(180)
          expect(safeName(name)).toBe(name)
          writeFileSync(join(folder, name), '')
          expect(readdirSync(folder)).toEqual([name])
          rmSync(join(folder, name))
        },
      ),
      { numRuns: 500 },
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
