import { join } from 'node:path'
import { BenchmarkEvent, BenchmarkResult, defaultSettings } from '#contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../../app.ts'
import { createEngine } from '../../engine/index.ts'
import type { Engine } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker, resourcesPath } from '../../nodePorts.ts'
import { createMemoryClient } from '../../rpc/memoryClient.ts'
import { createBenchmarks } from '../../services/benchmarks/index.ts'
import type { ModelList } from '../../services/models/index.ts'
import { createModelList } from '../../services/models/modelList.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { demoModel } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { testPorts } from '../../testing/testPorts.ts'
import { createMeasureModel } from './index.ts'
import type { MeasureModel, MeasureModelParts } from './index.ts'
import { publishedFigures } from './steps.ts'

let folder: ReturnType<typeof tempFolder>
let store: Store
let engine: Engine
let models: ModelList
let feature: MeasureModel['procedures']
beforeEach(() => {
  folder = tempFolder()
  store = openStore(folder.path)
  engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache'), backend: 'cpu' })
  models = createModelList({
    db: store.db,
    resources: resourcesPath,
    choice: { get: () => null, set: () => {} },
    inspect: (pair) => engine.inspect(pair),
  })
  feature = measuring([1, 512, 6000])
})
const measuring = (inputs?: number[], more: Pick<MeasureModelParts, 'now' | 'sides'> = {}) =>
  createMeasureModel({
    models,
    settings: { current: { ...defaultSettings, vision: 'exact' } },
    engine,
    benchmarks: createBenchmarks(store.db),
    resources: resourcesPath,
    ...(inputs ? { inputs } : {}),
    ...more,
  }).procedures
afterEach(async () => {
  await engine.close()
  store.close()
  folder.remove()
})

const options = { signal: new AbortController().signal }
async function all(run: AsyncIterable<BenchmarkEvent>): Promise<BenchmarkEvent[]> {
  const events: BenchmarkEvent[] = []
  for await (const event of run) events.push(BenchmarkEvent.parse(event))
  return events
}

describe('a run', () => {
  test('measures what fits, tells of every step, and says why the rest was left out', async () => {
    const { id } = await models.register(goldenModel('qwen25vl'))
    const events = await all(await feature.run({ modelId: id }, options))
    expect(events.map(({ doing, done }) => [doing, done])).toEqual([
      ['an input of 1 token', 0],
      ['an input of 512 tokens', 1],
      ['an input of 6,000 tokens', 2],
      ['a picture of 448 x 448 pixels', 3],
      ['a picture of 672 x 672 pixels', 4],
      ['a picture of 1,344 x 1,344 pixels', 5],
      [null, 6],
    ])
    const { result } = events.at(-1)!
    expect(result).toMatchObject({
      modelId: id,
      isComplete: true,
      published: null,
      vision: 'exact',
      machine: { backend: expect.stringMatching(/^CPU/) as string },
    })
    const texts = result.rows.filter((row) => row.kind === 'text')
    for (const row of texts) {
      expect(row.generatedTokens).toBe(64)
      expect(row.promptTokens).toBeGreaterThan(row.inputTokens)
      expect(row.promptTokens).toBeLessThan(1.02 * row.inputTokens + 64)
      expect(row.tokensPerSecond).toBeGreaterThan(0)
      expect(row.memoryBytes).toBeGreaterThan(30e6)
    }
    expect(texts.map(({ inputTokens }) => inputTokens)).toEqual([1, 512, 6000])
    expect(texts.map(({ prefillTokensPerSecond }) => prefillTokensPerSecond !== null)).toEqual([false, true, true])
    expect(texts.at(-1)!.memoryBytes).toBeGreaterThan(texts[0]!.memoryBytes)
    const pictures = result.rows.filter((row) => row.kind === 'picture')
    expect(pictures.map(({ side, pictureTokens }) => [side, pictureTokens])).toEqual([
      [448, 256],
      [672, 576],
      [1344, 2304],
    ])
    for (const { encodeMs } of pictures) expect(encodeMs).toBeGreaterThan(0)
    expect(await feature.results({ modelId: id }, options)).toEqual([result])
  })

  test('measures an input of the length that it names, also where texts of nearly that length are a token too long', async () => {
    const { id } = await models.register(goldenModel('qwen25vl'))
    for (const text of [1764534221732, 1764535409582]) {
      const run = await measuring([512], { now: () => text }).run({ modelId: id }, options)
      for await (const { result } of run)
        for (const row of result.rows) {
          if (row.kind === 'text') expect(row.promptTokens).toBeGreaterThan(512)
          if (row.kind === 'text') await run.return!(undefined)
        }
    }
  })

  test('leaves out inputs that the model was not trained for', async () => {
    const { trainedContext } = await engine.inspect(demoModel)
    const { result } = (await all(await measuring(undefined, { sides: [] }).run({ modelId: 'demo' }, options))).at(-1)!
    const reason = `The model was trained for ${trainedContext.toLocaleString('en')} tokens.`
    expect(result.rows.filter((row) => row.kind === 'skipped')).toEqual(
      ['6,144', '14,336', '30,720'].map((tokens) => ({
        kind: 'skipped',
        what: `an input of ${tokens} tokens`,
        reason,
      })),
    )
  })

  test('a second one measures again: nothing comes from a cache', async () => {
    const encodeOf = async () =>
      (await all(await measuring([1], { sides: [448] }).run({ modelId: 'demo' }, options)))
        .at(-1)!
        .result.rows.filter((row) => row.kind === 'picture')
        .map(({ encodeMs }) => encodeMs)
    await encodeOf()
    for (const encodeMs of await encodeOf()) expect(encodeMs).toBeGreaterThan(1)
    const [newest, older] = await feature.results({ modelId: 'demo' }, options)
    expect(newest!.startedAt).toBeGreaterThanOrEqual(older!.startedAt)
  })

  test('is stopped at once, and keeps the rows it has', async () => {
    const abort = new AbortController()
    const { id } = await models.register(goldenModel('qwen2vl'))
    let last: BenchmarkEvent | null = null
    const own = measuring([1, 512, 14_336], { sides: [] })
    for await (const event of await own.run({ modelId: id }, { signal: abort.signal })) {
      last = event
      if (event.done === 2) setImmediate(() => abort.abort())
    }
    expect(last!.done).toBe(2)
    expect(await feature.results({ modelId: id }, options)).toEqual([{ ...last!.result, isComplete: false }])
    expect(last!.result.rows).toHaveLength(2)
    expect((await all(await own.run({ modelId: 'demo' }, options))).at(-1)!.result.isComplete).toBe(true)
  })

  test('one at a time; an unknown model is told', async () => {
    const first = await feature.run({ modelId: 'demo' }, options)
    await first.next()
    await expect(all(await feature.run({ modelId: 'demo' }, options))).rejects.toMatchObject({ code: 'Busy' })
    await first.return!(undefined)
    await expect(all(await feature.run({ modelId: 'gone' }, options))).rejects.toMatchObject({ code: 'NotFound' })
    await first.return!(undefined)
    expect(await feature.results({ modelId: 'demo' }, options)).toEqual([])
  })
})

test('ending the stream in the window stops the run in the middle of a step; the next one begins', async () => {
  const app = createApp(testPorts(join(folder.path, 'app'), { spawnWorker: forkWorker }))
  try {
    const { client } = createMemoryClient(app.serve)
    const { id } = await client.models.add(goldenModel('qwen2vl'))
    for await (const { doing } of await client.benchmark.run({ modelId: id }))
      if (doing === 'an input of 14,336 tokens') break
    for await (const { result, done } of await client.benchmark.run({ modelId: 'demo' })) {
      expect(result.modelId).toBe('demo')
      if (done === 1) break
    }
    const [kept] = await client.benchmark.results({ modelId: id })
    expect(kept).toMatchObject({ isComplete: false })
    expect(kept!.rows.map((row) => row.kind === 'text' && row.inputTokens)).toEqual([1, 6144])
    expect((await client.benchmark.export({ id: kept!.id, format: 'csv' })).text).toMatch(/^measured,/)
    await expect(client.benchmark.export({ id: 'gone', format: 'csv' })).rejects.toMatchObject({ code: 'NotFound' })
  } finally {
    await app.close()
  }
})

describe('the published figures', () => {
  test('belong to the models that were measured, and to their lengths', () => {
    const seven = publishedFigures(resourcesPath, 'qwen2vl', 3584)!
    expect(seven.source).toMatchObject({
      model: 'Qwen2-VL-7B-Instruct',
      url: expect.stringContaining('github.com/QwenLM') as string,
    })
    expect(seven.speeds(6144)).toContainEqual({
      quantization: 'BF16',
      gpus: 1,
      tokensPerSecond: 38.75,
      memoryBytes: 21.56e9,
    })
    for (const width of [1536, 3584, 8192])
      for (const tokens of [1, 6144, 14_336, 30_720])
        expect(publishedFigures(resourcesPath, 'qwen2vl', width)!.speeds(tokens)).toHaveLength(4)
    expect(seven.speeds(512)).toEqual([])
    expect(publishedFigures(resourcesPath, 'qwen25vl', 3584)).toBeNull()
    expect(publishedFigures(resourcesPath, null, 1536)).toBeNull()
  })

  test('that are missing are told', () => {
    expect(() => publishedFigures(folder.path, 'qwen2vl', 1536)).toThrow(
      expect.objectContaining({ code: 'StorageFailed' }) as Error,
    )
  })
})

describe('the export', () => {
  const published = {
    model: 'Qwen2-VL-2B-Instruct',
    name: 'README',
    url: 'https://example.com/readme',
    environment: 'NVIDIA A100 80GB, batch size 1',
  }
  const result: BenchmarkResult = {
    id: 'r1',
    modelId: 'demo',
    modelName: 'Qwen2-VL 2B "mine"',
    quantization: 'Q4_K_M',
    startedAt: Date.UTC(2026, 0, 2),
    endedAt: 2,
    isComplete: true,
    machine: { cpu: '=Processor', cores: 8, memoryBytes: 1e9, backend: null },
    published,
    rows: [
      {
        kind: 'text',
        inputTokens: 1,
        promptTokens: 20,
        generatedTokens: 64,
        prefillTokensPerSecond: null,
        tokensPerSecond: 12.5,
        memoryBytes: 3e9,
        gpuBytes: 0,
        published: [{ quantization: 'BF16', gpus: 1, tokensPerSecond: 35.29, memoryBytes: 4.68e9 }],
      },
      { kind: 'picture', side: 448, pictureTokens: 256, encodeMs: 900, memoryBytes: 3e9, gpuBytes: 0 },
      { kind: 'skipped', what: 'an input of 30,720 tokens', reason: 'Needs 6.1 GB of memory; 3.2 GB are free.' },
    ],
  }

  test('as JSON is the result', async () => {
    createBenchmarks(store.db).keep(result)
    const { name, text } = await feature.export({ id: 'r1', format: 'json' }, options)
    expect(name).toBe('Qwen2-VL-2B-mine-2026-01-02.json')
    expect(BenchmarkResult.parse(JSON.parse(text))).toEqual(result)
  })

  test('as CSV has a line for each row and each published figure, and nothing that a spreadsheet would compute', async () => {
    createBenchmarks(store.db).keep(result)
    const { name, text } = await feature.export({ id: 'r1', format: 'csv' }, options)
    expect(name).toBe('Qwen2-VL-2B-mine-2026-01-02.csv')
    expect(text.split('\r\n')).toEqual([
      'measured,input_tokens,prompt_tokens,generated_tokens,prefill_tokens_per_second,tokens_per_second,' +
        'picture_pixels,picture_tokens,encode_ms,memory_bytes,gpu_bytes,quantization,gpus,machine,note',
      "text,1,20,64,,12.5,,,,3000000000,0,Q4_K_M,,'=Processor,",
      'published,1,,,,35.29,,,,,4680000000,BF16,1,"NVIDIA A100 80GB, batch size 1",https://example.com/readme',
      "picture,,,,,,200704,256,900,3000000000,0,Q4_K_M,,'=Processor,",
      '"an input of 30,720 tokens",,,,,,,,,,,Q4_K_M,,\'=Processor,Needs 6.1 GB of memory; 3.2 GB are free.',
      '',
    ])
  })

  test('of what is not there is told; a damaged result is none', async () => {
    createBenchmarks(store.db).keep(result)
    store.db.exec(`UPDATE benchmarks SET result = '{"id":'`)
    expect(await feature.results({ modelId: 'demo' }, options)).toEqual([])
    expect(() => feature.export({ id: 'r1', format: 'csv' }, options)).toThrow(
      expect.objectContaining({ code: 'NotFound' }) as Error,
    )
    expect(() => feature.export({ id: 'gone', format: 'json' }, options)).toThrow(
      expect.objectContaining({ code: 'NotFound' }) as Error,
    )
  })

  test('results go with their model, and one of a model that is gone is not kept', async () => {
    const { id } = await models.register(goldenModel('qwen2vl'))
    const benchmarks = createBenchmarks(store.db)
    benchmarks.keep({ ...result, modelId: id })
    expect(benchmarks.list(id)).toHaveLength(1)
    models.remove(id)
    expect(benchmarks.list(id)).toEqual([])
    benchmarks.keep({ ...result, modelId: id })
    expect(benchmarks.list(id)).toEqual([])
  })
})
