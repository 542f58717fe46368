import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AppError } from '#contract'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngine } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import { goldenCases, goldenModel, goldenRequest } from '../../testing/engineGoldens.ts'
import { answered } from '../../testing/engineRequests.ts'
import { newerOneFileGguf, oneFileGguf } from '../../testing/ggufOneFile.ts'
import type { OneFileOptions } from '../../testing/ggufOneFile.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import type { Work } from './index.ts'
import { createLibrary } from './library.ts'
import type { Library, LibraryOptions } from './library.ts'
import { createModelList } from './modelList.ts'

const cache = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: cache.path })
const [text, projector] = Object.values(goldenModel('qwen25vl')).map((path) => readFileSync(path!)) as [Buffer, Buffer]
const [golden] = goldenCases('qwen25vl').filter(({ messages }) => JSON.stringify(messages).includes('img_'))
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

let temp: ReturnType<typeof tempFolder>
let folder: string
let store: Store
let library: Library
beforeEach(() => {
  temp = tempFolder()
  folder = join(temp.path, 'models')
  store = openStore(join(temp.path, 'data'))
  open()
})
afterEach(() => {
  store.close()
  temp.remove()
})
afterAll(async () => {
  await engine.close()
  cache.remove()
})

function open(options: Partial<LibraryOptions> = {}): void {
  const inspect = engine.inspect.bind(engine)
  const models = createModelList({
    db: store.db,
    resources: join(import.meta.dirname, '../../../resources'),
    choice: { get: () => null, set: () => {} },
    inspect,
  })
  library = createLibrary({
    models,
    folder: { get: () => folder, set: (to) => void (folder = to) },
    onChange: () => () => {},
    inspect,
    inspectFile: (path, signal) => engine.inspectFile(path, signal),
    planOneFile: (path, name) => engine.planOneFile(path, name),
    surroundings: { home: join(temp.path, 'home'), env: {}, platform: 'linux' },
    // as on a file system that has no clones
    cloneFile: () => Promise.reject(new Error('ENOTSUP')),
    ...options,
  })
}

/** Puts a Qwen2.5-VL in one file where Ollama would keep it, and returns the path of its blob. */
const pulled = (options: OneFileOptions = {}, sha256?: string): string =>
  kept(oneFileGguf(text, projector, options), sha256)

/** Puts a file where Ollama would keep it, and returns its path. */
function kept(bytes: Buffer, sha256?: string): string {
  const name = `sha256-${sha256 ?? digest(bytes)}`
  const root = join(temp.path, 'home/.ollama/models')
  const manifest = join(root, 'manifests/registry.ollama.ai/library/qwen2.5vl/7b')
  for (const path of [join(root, 'blobs', name), manifest]) mkdirSync(dirname(path), { recursive: true })
  writeFileSync(join(root, 'blobs', name), bytes)
  const layers = [
    { mediaType: 'application/vnd.ollama.image.model', digest: name.replace('-', ':'), size: bytes.length },
  ]
  writeFileSync(manifest, JSON.stringify({ schemaVersion: 2, layers }))
  return join(root, 'blobs', name)
}

const never = new AbortController().signal
const work: Work = { onProgress: () => {}, signal: never }
const take = (textPath: string, given: Partial<Work> = {}) =>
  library.import(
    { textPath, projectorPath: null, mode: 'apart', keeper: 'Ollama', name: 'qwen2.5vl:7b' },
    { ...work, ...given },
  )

/** The golden answer of the model that was made. */
async function answerOf(files: { textPath: string; projectorPath: string | null }) {
  const request = await goldenRequest('qwen25vl', golden!)
  const { result } = await answered(engine, { ...request, model: files })
  return result
}

describe('a Qwen2.5-VL that Ollama keeps in one file', () => {
  test('is found under its name there, with what taking it over will write', async () => {
    const path = pulled()
    const [found, ...others] = await library.scan(null)
    expect(others).toEqual([])
    expect(found).toMatchObject({
      name: 'qwen2.5vl:7b',
      keeper: 'Ollama',
      textPath: path,
      problem: null,
      duplicateOf: null,
    })
    expect(found!.apartBytes! / (text.length + projector.length)).toBeCloseTo(1, 1)
  })

  test.each<[string, OneFileOptions]>([
    ['as its converter writes it', {}],
    ['with queries, keys and values in one matrix', { isFused: true }],
    ['with its vision part first', { isVisionFirst: true }],
  ])('answers as the model it was made of: %s', async (_, options) => {
    const path = pulled({ ...options, keepsTemplate: true })
    const { model, isOwned, quantization, projectorQuantization, family } = await take(path)
    expect(await answerOf(model)).toMatchObject({ promptIds: golden!.input_ids, tokens: golden!.greedy })
    expect({ isOwned, quantization, projectorQuantization, family }).toEqual({
      isOwned: true,
      quantization: 'F32',
      projectorQuantization: 'F32',
      family: 'qwen25vl',
    })
    expect(model.name).toBe('qwen2.5vl:7b')
    expect(existsSync(path), 'the one file stays').toBe(true)
  })

  test('answers the same where the file system clones files, of which only the header is written', async () => {
    const cloned: string[] = []
    open({ cloneFile: (from, to) => (cloned.push(to), copyFile(from, to)) })
    const path = pulled({ keepsTemplate: true })
    const { model } = await take(path)
    expect(cloned).toHaveLength(1)
    expect(statSync(model.textPath).size).toBeLessThan(statSync(path).size - projector.length / 2)
    expect(await answerOf(model)).toMatchObject({ promptIds: golden!.input_ids, tokens: golden!.greedy })
  })

  test('writes each weight once and keeps the digests of what it wrote', async () => {
    const { model, files } = await take(pulled())
    const written = files.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(written / (text.length + projector.length)).toBeCloseTo(1, 1)
    expect(readdirSync(dirname(model.textPath))).toHaveLength(2)
    for (const file of files)
      expect(file).toMatchObject({ digest: 'computed', sha256: digest(readFileSync(file.path)) })
    const checked = await library.verify(model.id, work)
    expect(checked.files.map((file) => file.digest)).toEqual(['computed', 'computed'])
  })

  test('is known again when it was taken over', async () => {
    const { model } = await take(pulled())
    expect(await library.scan(null)).toMatchObject([{ duplicateOf: model.id }])
  })

  test('tells how far it is, and leaves nothing when it is stopped', async () => {
    const abort = new AbortController()
    const path = pulled()
    const seen: number[] = []
    const onProgress = (done: number, bytes: number) => {
      seen.push(done / bytes)
      if (seen.length === 2) abort.abort(new Error('stopped'))
    }
    await expect(take(path, { onProgress, signal: abort.signal })).rejects.toThrow('stopped')
    expect(seen[1]).toBeGreaterThan(0.2)
    expect(readdirSync(folder)).toEqual([])
    expect(await library.list()).toHaveLength(1)
  })

  test('is refused when its content is not what its name promises, and nothing is left', async () => {
    await expect(take(pulled({}, 'a'.repeat(64)))).rejects.toMatchObject({
      code: 'ModelDamaged',
      message: expect.stringMatching(/not what its name promises/) as string,
    } satisfies Partial<AppError>)
    expect(readdirSync(folder)).toEqual([])
  })

  test('is refused before anything is written when there is no room', async () => {
    open({ readRoom: () => Promise.resolve({ freeBytes: 70 * 2 ** 20, totalBytes: 2 ** 30 }) })
    await expect(take(pulled())).resolves.toBeDefined()
    open({ readRoom: () => Promise.resolve({ freeBytes: 65 * 2 ** 20, totalBytes: 2 ** 30 }) })
    await expect(take(pulled({ isFused: true }))).rejects.toMatchObject({ code: 'DiskFull' })
  })

  test.each<[string, OneFileOptions, RegExp]>([
    ['blocks of no regular distance', { fullBlocks: [1, 2] }, /no regular distance/],
    ['no blocks that look at the whole', { fullBlocks: [] }, /names no block/],
    ['the published blocks, which this smaller one has not', { fullBlocks: null }, /no regular distance/],
    ['no sizes of its vision part', { without: ['qwen25vl.vision.block_count'] }, /vision\.block_count is missing/],
    [
      'the published rope sections, which its heads do not take',
      { without: ['qwen25vl.rope.mrope_section'] },
      /do not fit a head of 32/,
    ],
  ])('is not taken over with %s', async (_, options, message) => {
    const path = pulled(options)
    expect(await library.scan(null)).toMatchObject([
      { problem: expect.stringMatching(message) as string, apartBytes: null },
    ])
    await expect(take(path)).rejects.toMatchObject({ message: expect.stringMatching(message) as string })
    expect(existsSync(folder) ? readdirSync(folder) : []).toEqual([])
  })

  test('says how it can be used when it is chosen as it is', async () => {
    const path = join(temp.path, 'qwen2.5vl.gguf')
    copyFileSync(pulled(), path)
    await expect(engine.inspect({ textPath: path, projectorPath: null })).rejects.toMatchObject({
      message: expect.stringMatching(/search its folder with "Add from this computer"/) as string,
    })
  })
})

describe.each(['qwen3vl', 'qwen3vlmoe', 'qwen35', 'qwen35moe'] as const)(
  'a %s that Ollama keeps in one file',
  (set) => {
    const [language, tower] = Object.values(goldenModel(set)).map((path) => readFileSync(path!)) as [Buffer, Buffer]
    const picture = goldenCases(set).find(({ messages }) => JSON.stringify(messages).includes('"image"'))!

    test('is found, and taken apart answers a question about a picture as the model it was made of', async () => {
      const path = kept(newerOneFileGguf(language, tower))
      expect(await library.scan(null)).toMatchObject([{ textPath: path, problem: null }])
      const { model, family } = await take(path)
      expect(family).toBe(set.replace('moe', ''))
      const { result } = await answered(engine, { ...(await goldenRequest(set, picture)), model })
      expect(result).toMatchObject({ promptIds: picture.input_ids, tokens: picture.greedy })
    })

    test.each([
      ['vision.num_channels', null],
      ['vision.image_mean', null],
      ['vision.embedding_length', /vision\.embedding_length is missing/],
      ['rope.mrope_section', /do not fit a head of/],
      ...(set.startsWith('qwen35') ? [['ssm.v_head_reordered', /in an unknown order/] as const] : []),
    ] as const)('whose header lacks %s: %s', async (key, problem) => {
      kept(newerOneFileGguf(language, tower, [key]))
      const [found] = await library.scan(null)
      if (problem === null) expect(found?.problem).toBeNull()
      else expect(found?.problem).toMatch(problem)
    })
  },
)
