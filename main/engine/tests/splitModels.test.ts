import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { splitGguf } from '../../testing/ggufSplit.ts'
import type { SplitEntries } from '../../testing/ggufSplit.ts'
import { answered, demoModel, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

const demo = readFileSync(demoModel.textPath)
const TENSORS = Number(demo.readBigUInt64LE(8))
let folder: ReturnType<typeof tempFolder>
const cache = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: cache.path, backend: 'cpu' })

beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())
afterAll(async () => {
  await engine.close()
  cache.remove()
})

const nameOf = (part: number, parts = 3) => join(folder.path, `demo-0000${part}-of-0000${parts}.gguf`)
/** Writes the demo model in three files and returns the path of the first. */
function written(sizes: readonly number[] = [10, 20, TENSORS - 30], change?: (part: number) => SplitEntries): string {
  for (const [i, bytes] of splitGguf(demo, sizes, change).entries()) writeFileSync(nameOf(i + 1, sizes.length), bytes)
  return nameOf(1, sizes.length)
}
const inspected = (textPath: string) => engine.inspect({ textPath, projectorPath: demoModel.projectorPath })
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error

describe('a model in several files', () => {
  test('answers as the same model in one file does', async () => {
    const question = [user(sample('red-circle'), 'What is in the picture?')]
    const whole = await answered(engine, requestOf(question))
    const parts = await answered(engine, requestOf(question, { model: { ...demoModel, textPath: written() } }))
    expect(parts.result.tokens).toEqual(whole.result.tokens)
    expect(parts.text).toBe(whole.text)
    expect(whole.text).toContain('circle')
  })

  test('has the facts of the whole; its first file may hold the vocabulary alone', async () => {
    const whole = await engine.inspect(demoModel)
    const parts = await inspected(written([0, 40, TENSORS - 40]))
    const textPaths = [nameOf(1), nameOf(2), nameOf(3)]
    expect(parts).toEqual({ ...whole, textPaths, bytes: parts.bytes })
    expect(Math.abs(parts.bytes - whole.bytes)).toBeLessThan(1000)
    expect(await engine.inspectFile(nameOf(1))).toMatchObject({
      kind: 'text',
      paths: textPaths,
      problem: null,
      width: 192,
    })
  })
})

describe('refused with a clear word', () => {
  test.each<[string, () => string, string, RegExp]>([
    [
      'a later part',
      () => (written(), nameOf(2)),
      'UnsupportedModel',
      /is part 2 of a model in 3 files\. Choose the first one, demo-00001-of-00003\.gguf/,
    ],
    [
      'a missing part',
      () => (written(), rmSync(nameOf(3)), nameOf(1)),
      'ModelNotFound',
      /demo-00003-of-00003\.gguf is not beside it/,
    ],
    [
      'another name',
      () => (copyFileSync(written(), join(folder.path, 'other.gguf')), join(folder.path, 'other.gguf')),
      'UnsupportedModel',
      /must be named other-00001-of-00003\.gguf/,
    ],
    [
      'a part cut in half',
      () => (written(), writeFileSync(nameOf(2), readFileSync(nameOf(2)).subarray(0, 20_000)), nameOf(1)),
      'ModelDamaged',
      /demo-00002-of-00003\.gguf is/,
    ],
    [
      'parts in the wrong order',
      () => written(undefined, (part) => (part === 1 ? { number: 2 } : {})),
      'UnsupportedModel',
      /is not part 2 of demo-00001-of-00003\.gguf/,
    ],
    [
      'a part that is there twice',
      () => (
        written(),
        writeFileSync(nameOf(3), splitGguf(demo, [10, 20], (part) => ({ number: part + 1, count: 3 }))[1]!),
        nameOf(1)
      ),
      'UnsupportedModel',
      /is in another part too/,
    ],
    [
      'tensors that no part holds',
      () => written(undefined, () => ({ tensors: TENSORS + 1 })),
      'UnsupportedModel',
      /tensors instead of/,
    ],
    [
      'a count of another type',
      () => written(undefined, () => ({ countType: 'u32' })),
      'UnsupportedModel',
      /split\.count is not of type u16/,
    ],
  ])('%s', async (_, make, code, message) => {
    const path = make()
    await expect(inspected(path)).rejects.toEqual(refusal(code, message))
    expect((await engine.inspectFile(path)).problem).toMatch(message)
  })
})
