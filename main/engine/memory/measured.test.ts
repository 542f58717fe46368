import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { picture, prose } from '../../lib/workload.ts'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { answered, demoModel, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectModel } from '../gguf/inspectModel.ts'
import { createEngine } from '../index.ts'
import { anyPlacement, estimateFit } from './estimateFit.ts'

const TOLERANCE = 0.15
/** The largest picture that is planned for by default, in pixels per side, and what it takes of the context, in tokens. */
const SIDE = 980
const PICTURE_TOKENS = (SIDE / 28) ** 2 + 64

const folder = tempFolder()
afterAll(() => folder.remove())

const peakOf = (pid: number) => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

test.skipIf(process.platform !== 'linux').each([
  { name: 'demo', model: demoModel, contextTokens: 2048 },
  { name: 'demo', model: demoModel, contextTokens: 4096 },
  { name: 'qwen2vl', model: goldenModel('qwen2vl'), contextTokens: 4096 },
  { name: 'qwen25vl', model: goldenModel('qwen25vl'), contextTokens: 2048 },
  { name: 'qwen35', model: goldenModel('qwen35'), contextTokens: 4096 },
])(
  'the memory estimated for the $name model is what its process takes with a full context of $contextTokens tokens',
  async ({ model, contextTokens }) => {
    let pid = 0
    const engine = createEngine({
      backend: 'cpu',
      cachePath: folder.path,
      spawn: (name) => {
        const worker = forkWorker(name)
        pid = worker.pid!
        return worker
      },
    })
    try {
      const image = { type: 'image' as const, source: { bytes: picture(1, SIDE), name: 'picture' } }
      const ask = (length: number) =>
        requestOf([user(image, prose(1, length))], {
          model,
          contextTokens,
          maxTokens: 4,
          ignoreEos: true,
          budget: { minPixels: 784, maxPixels: SIDE * SIDE },
        })
      const perCharacter = (await engine.count(ask(2000))).text / 2000
      const { result } = await answered(engine, ask(Math.floor((contextTokens - PICTURE_TOKENS) / perCharacter)))
      expect(result.usage.promptTokens).toBeGreaterThan(0.9 * contextTokens)
      // before the processor's speed is measured, which takes memory too
      const peak = peakOf(pid)
      const { neededBytes } = estimateFit(await inspectModel(model), await engine.machine(), {
        ...anyPlacement,
        contextTokens,
      })
      expect(Math.abs(neededBytes / peak - 1), `estimated ${neededBytes}, took ${peak} bytes`).toBeLessThan(TOLERANCE)
    } finally {
      await engine.close()
    }
  },
)
