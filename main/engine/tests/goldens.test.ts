import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { goldenCases, goldenJson, goldenRequest, goldenSets } from '../../testing/engineGoldens.ts'
import { answered } from '../../testing/engineRequests.ts'
import { readGguf, string, withEntries, writeGguf } from '../../testing/ggufEdit.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { ModelFiles } from '../index.ts'

const cache = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: cache.path })
afterAll(async () => {
  await engine.close()
  cache.remove()
})

/** The model with another chat template in its file. */
function withTemplate({ textPath, projectorPath }: ModelFiles, template: string): ModelFiles {
  const own = join(cache.path, 'other-template.gguf')
  const file = withEntries(readGguf(readFileSync(textPath)), { 'tokenizer.chat_template': string(template) })
  writeFileSync(own, writeGguf(file))
  return { textPath: own, projectorPath }
}

describe.each(goldenSets)('%s as the reference computes it', (set) => {
  test.each(goldenCases(set))('$name', async (golden) => {
    const { input_ids, greedy, greedy_text, kwargs } = golden
    const request = await goldenRequest(set, golden)
    const template = kwargs.template && goldenJson<Record<string, string>>(set, 'templates.json')[kwargs.template]
    const { text, result } = await answered(
      engine,
      template ? { ...request, model: withTemplate(request.model, template) } : request,
    )
    expect(result.promptIds).toEqual(input_ids)
    expect(result.finishReason).toBe('length')
    expect(result.usage.promptTokens).toBe(input_ids.length)
    expect(result.tokens).toEqual(greedy)
    expect(text).toBe(greedy_text)
  })
})
