import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CatalogueFits, Machine, Offer, Recommendation } from '#contract'
import type { CatalogueEntry } from '#contract'
import { createCatalogue } from '../../services/catalogue/index.ts'
import { serveHuggingFace, startSourceServer } from '../../services/catalogue/testing/sourceServer.ts'
import type { SourceServer } from '../../services/catalogue/testing/sourceServer.ts'
import type { DeviceInfo, MachineFacts } from '../../engine/index.ts'
import { createOffers } from './chooseModel.ts'
import type { OffersParts } from './chooseModel.ts'

const GB = 1e9
const resources = fileURLToPath(new URL('../../../resources', import.meta.url))
const signal = new AbortController().signal

const cpu: DeviceInfo = {
  name: 'CPU',
  description: 'Processor',
  kind: 'cpu',
  totalBytes: 32 * GB,
  freeBytes: 32 * GB,
  isShared: true,
}
const card = (gigabytes: number): DeviceInfo => ({
  name: 'CUDA0',
  description: 'GeForce',
  kind: 'gpu',
  totalBytes: gigabytes * GB,
  freeBytes: gigabytes * GB,
  isShared: false,
})
const facts = (overrides: Partial<MachineFacts> = {}): MachineFacts => ({
  cpu: 'Processor',
  cores: 8,
  memoryBytes: 32 * GB,
  systemFreeBytes: 24 * GB,
  devices: [cpu],
  cpuBytesPerSecond: 30e9,
  ...overrides,
})
const withCard = (gigabytes: number) => facts({ devices: [cpu, card(gigabytes)] })

let hub: SourceServer
let machine: MachineFacts
beforeEach(async () => {
  hub = await startSourceServer()
  machine = facts()
})
afterEach(() => hub.close())

function catalogueOfHub() {
  return createCatalogue({
    resources,
    userAgent: 'Test',
    sources: () => ({ order: ['huggingface'], mirrorUrl: null }),
    token: async () => null,
    bases: { huggingface: hub.base },
  })
}

/** The catalogue with another licence of one entry. */
function withLicence(id: string, licence: CatalogueEntry['licence']): OffersParts['catalogue'] {
  const catalogue = catalogueOfHub()
  return { ...catalogue, list: () => catalogue.list().map((one) => (one.id === id ? { ...one, licence } : one)) }
}

function feature(parts: Partial<OffersParts> = {}) {
  return createOffers({
    catalogue: catalogueOfHub(),
    engine: { machine: async () => machine },
    modelsFolder: () => '/models',
    modelOf: () => null,
    freeDiskBytes: async () => 500 * GB,
    ...parts,
  })
}

/** Sizes of the text model in GB by quantization, as in the real repositories. */
const sizes = {
  'qwen2-vl-2b-instruct': [
    'bartowski/Qwen2-VL-2B-Instruct-GGUF',
    { Q2_K: 0.676, Q4_K_M: 0.986, Q6_K: 1.27, Q8_0: 1.65, f16: 3.09 },
    1.33,
  ],
  'qwen2-vl-7b-instruct': [
    'bartowski/Qwen2-VL-7B-Instruct-GGUF',
    { Q2_K: 3.02, Q4_K_M: 4.68, Q6_K: 6.25, Q8_0: 8.1, f16: 15.2 },
    1.35,
  ],
  'qwen2.5-vl-7b-instruct': ['ggml-org/Qwen2.5-VL-7B-Instruct-GGUF', { Q4_K_M: 4.68, Q8_0: 8.1, f16: 15.2 }, 1.35],
  'qwen2-vl-72b-instruct': ['bartowski/Qwen2-VL-72B-Instruct-GGUF', { Q4_K_M: 47.4, Q8_0: 77.3 }, 1.41],
} as const
type EntryId = keyof typeof sizes

/** Lets the hub show these entries' repositories. */
function serve(...entries: EntryId[]): void {
  for (const entry of entries) {
    const [repository, texts, projector] = sizes[entry]
    const name = repository.split('/')[1]!.replace('-GGUF', '')
    const files = Object.entries(texts).map(([quantization, gigabytes]) => ({
      path: `${name}-${quantization}.gguf`,
      bytes: gigabytes * GB,
    }))
    serveHuggingFace(hub, repository, [...files, { path: `mmproj-${name}-f16.gguf`, bytes: projector * GB }])
  }
}

describe('the offer of an entry', () => {
  const ENTRY = 'qwen2-vl-7b-instruct'
  const offer = (parts?: Partial<OffersParts>) => feature(parts).offer(ENTRY, signal)

  test('has for every quantization how it would run here', async () => {
    serve(ENTRY)
    machine = withCard(8)
    const { quantizations, ...about } = Offer.parse(await offer())
    expect(about).toMatchObject({
      entryId: ENTRY,
      source: 'huggingface',
      repository: 'bartowski/Qwen2-VL-7B-Instruct-GGUF',
    })
    expect(quantizations.map(({ name, fit }) => [name, fit.level])).toEqual([
      ['Q2_K', 'gpu'],
      ['Q4_K_M', 'gpu'],
      ['Q6_K', 'partial'],
      ['Q8_0', 'partial'],
      ['F16', 'partial'],
    ])
    expect(quantizations.map(({ fit }) => fit.tokensPerSecond!)).toEqual(
      quantizations.map(({ fit }) => fit.tokensPerSecond!).sort((a, b) => b - a),
    )
  })

  test('recommends the most exact quantization that is fast, and says why', async () => {
    serve(ENTRY)
    machine = withCard(24)
    expect(await offer()).toMatchObject({
      recommended: 'Q8_0',
      reason: expect.stringMatching(/^The most exact version that is fast here\. Fits on the graphics card/) as string,
    })
  })

  test('without a fast one the quickest that loses little', async () => {
    serve(ENTRY)
    machine = facts({ cpuBytesPerSecond: 80e9 })
    expect(await offer()).toMatchObject({
      recommended: 'Q4_K_M',
      reason: expect.stringMatching(
        /^The quickest version that loses little\. About 1\d tokens per second\.$/,
      ) as string,
    })
  })

  test('where memory is short what fits, and says what that means', async () => {
    serve(ENTRY)
    machine = facts({ systemFreeBytes: 5.5 * GB })
    expect(await offer()).toMatchObject({
      recommended: 'Q2_K',
      reason: expect.stringMatching(
        /^The most exact version that fits; smaller ones answer worse\. About \d/,
      ) as string,
    })
  })

  test('nothing where nothing fits, with what it needs', async () => {
    serve(ENTRY)
    machine = facts({ systemFreeBytes: 2 * GB })
    expect(await offer()).toMatchObject({
      recommended: null,
      reason: expect.stringMatching(/^Needs \d\.\d GB of memory; 2\.0 GB are free\.$/) as string,
    })
  })

  test('nothing that the disk has no room for, unless it is there already', async () => {
    serve(ENTRY)
    machine = withCard(24)
    const full = { freeDiskBytes: async () => 5 * GB }
    const { quantizations, recommended } = await offer(full)
    expect(quantizations.map(({ hasDiskSpace }) => hasDiskSpace)).toEqual([true, false, false, false, false])
    expect(recommended).toBe('Q2_K')
    const there = await offer({
      ...full,
      modelOf: (entryId, name) => (entryId === ENTRY && name === 'Q6_K' ? 'model-1' : null),
    })
    expect(there.recommended).toBe('Q6_K')
    expect(there.quantizations.map(({ modelId }) => modelId)).toEqual([null, null, 'model-1', null, null])
    expect(await offer({ freeDiskBytes: async () => 0 })).toMatchObject({
      recommended: null,
      reason: 'There is not enough room on the disk for any version that would run.',
    })
  })

  test('nothing without a projector', async () => {
    serveHuggingFace(hub, sizes[ENTRY][0], [{ path: 'Qwen2-VL-7B-Instruct-Q4_K_M.gguf', bytes: 4.68 * GB }])
    expect(await offer()).toMatchObject({
      recommended: null,
      reason: 'No version of this model can see pictures here.',
    })
  })

  test('an unknown entry, and a source that does not answer, are told', async () => {
    await expect(feature().offer('gpt', signal)).rejects.toMatchObject({ code: 'NotFound' })
    await hub.close()
    await expect(offer()).rejects.toMatchObject({ code: 'SourceUnreachable' })
  })
})

describe('the recommendation', () => {
  const recommended = async (parts?: Partial<OffersParts>) =>
    Recommendation.nullable().parse(await feature(parts).recommend(signal))

  test('is the best model that is quick here and can be had; of two of one size the newer', async () => {
    serve('qwen2-vl-2b-instruct', 'qwen2-vl-7b-instruct', 'qwen2.5-vl-7b-instruct', 'qwen2-vl-72b-instruct')
    machine = withCard(24)
    expect(await recommended()).toMatchObject({
      entryId: 'qwen2.5-vl-7b-instruct',
      quantization: 'Q8_0',
      downloadBytes: (8.1 + 1.35) * GB,
      reason: 'It is the best model that is quick here: it reads a picture in about 1 s on the graphics card.',
    })
    machine = withCard(90)
    expect(await recommended()).toMatchObject({ entryId: 'qwen2-vl-72b-instruct' })
  })

  test('without a graphics card it is the fastest, with its time', async () => {
    serve('qwen2-vl-2b-instruct', 'qwen2-vl-7b-instruct')
    expect(await recommended()).toMatchObject({
      entryId: 'qwen2-vl-2b-instruct',
      quantization: 'Q4_K_M',
      reason: expect.stringMatching(
        /^No good model reads a picture within 10 s here; this one comes nearest and reads a picture in about \d+ s on the processor/,
      ) as string,
    })
  })

  test('a licence that does not allow commercial use is said with it', async () => {
    serve('qwen2-vl-2b-instruct')
    const research = { name: 'Research', url: 'https://example.com', allowsCommercialUse: false }
    const { reason } = (await recommended({ catalogue: withLicence('qwen2-vl-2b-instruct', research) }))!
    expect(reason).toMatch(/\. Its licence does not allow commercial use\.$/)
  })

  test('nothing where nothing fits', async () => {
    serve('qwen2-vl-2b-instruct')
    machine = facts({ systemFreeBytes: 1 * GB })
    expect(await recommended()).toBeNull()
  })

  test('passes repositories over that do not answer; when none does, that is told', async () => {
    serve('qwen2-vl-2b-instruct')
    expect((await recommended())?.entryId).toBe('qwen2-vl-2b-instruct')
    await hub.close()
    await expect(feature().recommend(signal)).rejects.toMatchObject({ code: 'SourceUnreachable' })
  })

  test('ends when it is not wanted any more', async () => {
    await expect(feature().recommend(AbortSignal.abort())).rejects.toThrow()
  })
})

test('how every entry would run is told without asking a source', async () => {
  await hub.close()
  machine = withCard(24)
  const { entries, recommended } = CatalogueFits.parse(await feature().fits())
  const ids = catalogueOfHub()
    .list()
    .map(({ id }) => id)
  expect(entries.map(({ entryId }) => entryId)).toEqual(ids)
  expect(recommended).toEqual({ entryId: 'qwen3.6-27b', reason: expect.stringMatching(/^It is the best/) as string })
  const of = (id: string) => entries.find(({ entryId }) => entryId === id)!
  expect(of('qwen3-vl-8b-instruct').fit).toMatchObject({ level: 'gpu', speed: 'fast' })
  expect(of('qwen2-vl-72b-instruct').fit.level).toBe('no')
  const { memory } = of('qwen3-vl-8b-instruct')
  expect(memory.map(({ pictures }) => pictures)).toEqual([1, 4, 16])
  // 144 KiB of keys and values for each token, and the mask
  expect((memory[1]!.bytes - memory[0]!.bytes) / (3 * 1024)).toBeGreaterThan(147_456)
  expect(memory[0]!.bytes).toBeGreaterThan(6 * GB)
})

test('the machine is described for people, with its graphics cards and its disk', async () => {
  machine = withCard(8)
  expect(Machine.parse(await feature().machine())).toEqual({
    cpu: 'Processor',
    cores: 8,
    memoryBytes: 32 * GB,
    freeMemoryBytes: 24 * GB,
    gpus: [{ name: 'GeForce', memoryBytes: 8 * GB, freeBytes: 8 * GB, isShared: false }],
    modelsFolder: '/models',
    freeDiskBytes: 500 * GB,
  })
})

test('the disk of a folder that is not there yet is that of the nearest one that is', async () => {
  const { freeDiskBytes } = await feature({
    modelsFolder: () => `${resources}/not/there`,
    freeDiskBytes: undefined,
  }).machine()
  expect(freeDiskBytes).toBeGreaterThan(0)
})
