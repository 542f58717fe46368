import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { families, goldenCases, goldenModel, goldenRequest, modelOf } from '../../testing/engineGoldens.ts'
import { answered } from '../../testing/engineRequests.ts'
import { inHalfPrecision } from '../../testing/ggufFields.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { ModelFiles } from '../index.ts'

/**
 * An answer may leave the reference's only at a token whose logit is less than this above the second. Rounding the weights
 * alone, computed with in f32, moves the distance of two logits by up to 0.21; products of half-precision numbers and a
 * half-precision KV cache add as much.
 */
const CLOSE = 0.1
/** Share of the tokens that must be compared; what follows a token that differs has nothing to be compared with. */
const COMPARED = 0.8

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: folder.path })
const seen = { tokens: 0, equal: 0, margins: [] as number[] }
afterAll(async () => {
  await engine.close()
  folder.remove()
  const { tokens, equal, margins } = seen
  process.stdout.write(
    `Half precision: ${equal} of ${tokens} tokens are the reference's; ${margins.length} answers leave it, where its two likeliest logits differ by ${margins.join(', ')}\n`,
  )
})

describe.each(families)('%s converted to half precision', (family) => {
  const model: ModelFiles = {
    textPath: join(folder.path, `${family}-f16.gguf`),
    projectorPath: join(folder.path, `${family}-mmproj-f16.gguf`),
  }
  beforeAll(() => {
    const { textPath, projectorPath } = goldenModel(family)
    writeFileSync(model.textPath, inHalfPrecision(readFileSync(textPath)))
    writeFileSync(model.projectorPath!, inHalfPrecision(readFileSync(projectorPath!)))
  })

  test.each(goldenCases(family))("$name: the reference's tokens, except where two are as likely", async (golden) => {
    const { input_ids, greedy, greedy_top2_margins } = golden
    const { result } = await answered(engine, {
      ...(await goldenRequest(family, golden)),
      model: modelOf(family, golden, folder.path, model),
    })
    expect(result.promptIds).toEqual(input_ids)
    expect(result.tokens).toHaveLength(greedy.length)
    const different = result.tokens.findIndex((token, i) => token !== greedy[i])
    seen.tokens += greedy.length
    seen.equal += different < 0 ? greedy.length : different
    if (different < 0) return
    seen.margins.push(greedy_top2_margins[different]!)
    expect(greedy_top2_margins[different]).toBeLessThan(CLOSE)
  })
})

test('most tokens were compared', () => {
  expect(seen.equal / seen.tokens).toBeGreaterThan(COMPARED)
})
