import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { forkWorker, resourcesPath } from '../../nodePorts.ts'
import { runBeside } from '../index.ts'
import { toBesideReport } from './report.ts'
import type { Stage } from './stages.ts'
import { busyStage, demoStage, textStage } from './text.ts'
import { encodeStage, memoryStage } from './towers.ts'

const here = fileURLToPath(new URL('../../..', import.meta.url))
const demo = {
  textPath: `${here}resources/demo-model/demo-text-f16.gguf`,
  projectorPath: `${here}resources/demo-model/demo-mmproj-f16.gguf`,
}
const qwen3vl = {
  textPath: `${here}main/testing/goldens/qwen3vl/model-f32.gguf`,
  projectorPath: `${here}main/testing/goldens/qwen3vl/mmproj-f32.gguf`,
}

/** A side that both families' tokens divide. */
const SIDE = 224
const settings = ['exact', 'balanced', 'fastest']

/** This checkout beside itself, without llama.cpp's tools. */
async function measure(stages: readonly Stage[], rounds: number, checkout = here) {
  const told: string[] = []
  const result = await runBeside({
    ports: { spawnWorker: forkWorker, paths: { resources: resourcesPath } },
    models: { qwen2vl: demo, qwen3vl },
    demoModel: demo,
    checkout,
    rounds,
    stages,
    onStage: (name) => told.push(name),
    onStageEnd: ({ stage }) => told.push(`${stage} ended`),
    tools: { 'llama-bench': null, 'llama-mtmd-cli': null },
  })
  expect(told).toEqual(stages.flatMap(({ name }) => [name, `${name} ended`]))
  return toBesideReport(result)
}

describe('measuring beside others', () => {
  it('gives the times of all settings and of the other checkout, cosines, and what is missing', async () => {
    const targets = { other: { fastest: { atMost: 0.5 } }, mtmd: {} }
    const report = await measure([encodeStage('encode', 'qwen2vl', SIDE, true, targets)], 2)
    for (const side of ['other', ...settings])
      expect(report.figures[`encode_${side}`], side).toMatchObject({ runs: 2, unit: 'ms' })
    expect(Object.keys(report.targets)).toEqual([
      'encode_fastest_other',
      ...settings.map((setting) => `encode_${setting}_cosine`),
    ])
    for (const setting of settings) {
      expect(report.spreads[`encode_${setting}_other`]).toMatchObject({ runs: 2 })
      expect(report.ratios[`encode_${setting}_cosine`]).toBeGreaterThan(0.999)
    }
    expect(report.ratios['encode_exact_cosine']).toBeGreaterThan(0.9999999)
    expect(report.skipped).toEqual(
      Object.fromEntries(settings.map((one) => [`encode_${one}_mtmd`, 'llama-mtmd-cli is not on the PATH'])),
    )
    expect(Object.keys(report.others)).toEqual(['encode'])
  })

  it('measures the newer family against the other checkout with the older one', async () => {
    const report = await measure([encodeStage('newer', 'qwen3vl', SIDE, false, { other: {}, mtmd: {} })], 1)
    expect(Object.keys(report.ratios)).toEqual(settings.map((setting) => `newer_${setting}_other`))
  })

  it('gives text, generation beside a busy thread, and the most memory', async () => {
    const report = await measure([textStage, busyStage, memoryStage('memory', SIDE, { atMost: 0.6 })], 1)
    for (const name of ['prefill_engine', 'generation_engine', 'busy_engine_quiet', 'busy_engine', 'memory_other'])
      expect(report.figures[name]?.median, name).toBeGreaterThan(0)
    expect(report.targets).toMatchObject({
      busy_engine: { atLeast: 0.55 },
      memory_exact_other: { atMost: 0.6 },
    })
    expect(Object.keys(report.skipped)).toEqual(['prefill_llama_bench', 'generation_llama_bench', 'busy_llama_bench'])
  })

  it('goes on without a checkout that cannot be used, and says why', async () => {
    const report = await measure(
      [encodeStage('encode', 'qwen2vl', SIDE, false, { other: {}, mtmd: {} })],
      1,
      '/nowhere',
    )
    expect(report.figures['encode_exact']?.median).toBeGreaterThan(0)
    expect(report.skipped['encode_exact_other']).toMatch(/^The tower of the other checkout failed: /)
  })

  it('goes on after a stage that cannot be measured, and says why', async () => {
    const failing: Stage = { name: 'failing', run: () => Promise.reject(new Error('There is not enough memory')) }
    const report = await measure([failing, demoStage], 1)
    expect(report.skipped).toEqual({ failing: 'There is not enough memory' })
    expect(Object.keys(report.ratios)).toEqual(['demo_prefill', 'demo_generation'])
  })
})
