import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError } from '#contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { mutate } from '../../testing/mutations.ts'
import { checkProjector } from './checkProjector.ts'
import { checkTextModel } from './checkTextModel.ts'
import { readHeader } from './readHeader.ts'

const SEEDS = 500
const MAX_MS = 5000
/** Time of this process's own, in ms: other programs do not count. */
const cpuMs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}
const MAX_GROWTH_KIB = 256 << 10

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const goldens = fileURLToPath(new URL('../../testing/goldens/', import.meta.url))
for (const name of ['qwen2vl/model-f32', 'qwen2vl/mmproj-f32', 'qwen25vl/model-f32', 'qwen25vl/mmproj-f32'])
  it(`${SEEDS} damaged copies of ${name} pass or give a typed error, in bounded time and memory`, async () => {
    const original = await readFile(join(goldens, `${name}.gguf`))
    const path = join(folder, `${name.replace('/', '-')}.gguf`)
    const before = process.resourceUsage().maxRSS
    let refused = 0
    for (let seed = 0; seed < SEEDS; seed++) {
      const { buffer, description } = mutate(original, seed)
      await writeFile(path, buffer)
      const started = process.cpuUsage()
      try {
        const header = await readHeader(path)
        if (name.includes('mmproj')) checkProjector(header)
        else checkTextModel(header)
      } catch (error) {
        if (!(error instanceof AppError))
          throw new Error(`seed ${seed} (${description}) gave an untyped error`, { cause: error })
        refused++
      }
      expect(cpuMs(started), `seed ${seed}: ${description}`).toBeLessThan(MAX_MS)
    }
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(MAX_GROWTH_KIB)
    // damage to weights and to unimportant texts passes; most of the rest must not
    expect(refused).toBeGreaterThan(SEEDS / 2)
    expect(refused).toBeLessThan(SEEDS)
  })

it('the same seed gives the same damage', async () => {
  const original = await readFile(join(goldens, 'qwen2vl/mmproj-f32.gguf'))
  const copy = Buffer.from(original)
  expect(mutate(original, 7).buffer.equals(mutate(original, 7).buffer)).toBe(true)
  expect(mutate(original, 7).buffer.equals(mutate(original, 8).buffer)).toBe(false)
  expect(original.equals(copy)).toBe(true)
})
