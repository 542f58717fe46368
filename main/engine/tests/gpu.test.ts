import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { families, goldenCases, goldenRequest } from '../../testing/engineGoldens.ts'
import { answered, demoModel, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

/** Where the reference's two likeliest tokens are closer than this, another order of summing may choose the other. */
const SURE = 0.05

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: folder.path })
let noGpu: string | null = null
beforeAll(async () => {
  await engine.load(demoModel, 1024)
  noGpu = engine.state.noGpuReason ?? null
  if (noGpu !== null) process.stdout.write(`The GPU tests are skipped: ${noGpu}\n`)
})
afterAll(async () => {
  await engine.close()
  folder.remove()
})

/** The tests of this file compute on whatever GPU the engine finds; without one they say why they are skipped. */
const onGpu = (name: string, run: () => Promise<void>) =>
  test(name, async ({ skip }) => {
    if (noGpu !== null) skip(`no GPU computes here: ${noGpu}`)
    await run()
  })

onGpu('the demo model answers from the GPU: all layers and the pictures are there', async () => {
  const { text } = await answered(engine, requestOf([user(sample('red-circle'), 'What is in the picture?')]))
  expect(text).toBe('A red circle.')
  expect(engine.state.backend).toMatch(/^(CUDA|Vulkan|Metal) \(.+\)$/)
  expect(engine.state.plan).toMatchObject({ gpuLayers: 5, layers: 5, visionDevice: expect.any(String) as string })
  expect(engine.state.devices!.map(({ name }) => name)).toContain(engine.state.plan!.visionDevice)
})

describe.each(families)('%s on the GPU', (family) => {
  for (const golden of goldenCases(family))
    onGpu(`${golden.name}: the reference's tokens, as far as it is sure`, async () => {
      const { greedy, greedy_top2_margins } = golden
      const { result } = await answered(engine, await goldenRequest(family, golden))
      const unsure = greedy_top2_margins.findIndex((margin) => margin < SURE)
      const sure = unsure < 0 ? greedy.length : unsure
      expect(result.tokens.slice(0, sure)).toEqual(greedy.slice(0, sure))
    })
})
