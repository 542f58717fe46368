import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import type { SpawnWorker } from '../../ports.ts'
import { families, goldenModel } from '../../testing/engineGoldens.ts'
import { answered, demoModel, greedy, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { mutate } from '../../testing/mutations.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

/** Of each of the six files; what a case ends with depends on its seed alone. */
const SEEDS = 56

const folder = tempFolder()
let processes = 0
const spawn: SpawnWorker = (name) => {
  processes++
  return forkWorker(name)
}

/** One engine for all cases: what one does to its process must not show in the next. */
const engine = createEngine({ spawn, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const pairs = [['demo', demoModel], ...families.map((family) => [family, goldenModel(family)] as const)] as const
/** Greedy or drawn: damaged weights must not trip either. */
const ask = (model = demoModel, temperature = 0) =>
  answered(
    engine,
    requestOf([user(sample('red-circle'), 'What is in the picture?')], {
      model,
      maxTokens: 8,
      contextTokens: 512,
      sampling: { ...greedy, temperature, seed: 1 },
    }),
  )

describe.each(pairs)('%s', (name, model) => {
  test.each(['textPath', 'projectorPath'] as const)(
    `${SEEDS} damaged copies of its %s end in a typed error or an answer, none in a crash`,
    async (which) => {
      const original = readFileSync(model[which]!)
      const ends = { answer: 0, refused: 0 }
      for (let seed = 0; seed < SEEDS; seed++) {
        const { buffer, description } = mutate(original, seed)
        const path = join(folder.path, `${name}-${which}-${seed}.gguf`)
        writeFileSync(path, buffer)
        try {
          await ask({ ...model, [which]: path }, seed % 2)
          ends.answer++
        } catch (error) {
          if (!(error instanceof AppError))
            throw new Error(`seed ${seed} (${description}) gave an untyped error`, { cause: error })
          // what crashes the process is for the check of the header to refuse
          expect(error.code, `seed ${seed} (${description}): ${error.message}`).toMatch(
            /^(ModelDamaged|UnsupportedModel|ProjectorMismatch)$/,
          )
          ends.refused++
        } finally {
          rmSync(path)
        }
      }
      // damage to weights and to unimportant texts passes; most of the rest must not
      expect(ends.answer).toBeGreaterThan(0)
      expect(ends.refused).toBeGreaterThan(SEEDS / 2)
    },
  )
})

test('after all of them the same process answers as ever', async () => {
  expect((await ask()).text).toBe('A red circle.')
  expect(processes).toBe(1)
})
