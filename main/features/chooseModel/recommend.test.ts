import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { DeviceInfo, MachineFacts } from '../../engine/index.ts'
import { createCatalogue } from '../../services/catalogue/index.ts'
import { recommend } from './recommend.ts'

const GB = 1e9
const catalogue = createCatalogue({
  resources: fileURLToPath(new URL('../../../resources', import.meta.url)),
  userAgent: 'Test',
  sources: () => ({ order: [], mirrorUrl: null }),
  token: async () => null,
})
const candidates = catalogue.list().map((entry) => ({ entry, shape: catalogue.shape(entry.id) }))

const device = (kind: DeviceInfo['kind'], gigabytes: number, isShared: boolean): DeviceInfo => ({
  name: kind,
  description: kind,
  kind,
  totalBytes: gigabytes * GB,
  freeBytes: gigabytes * GB,
  isShared,
})

/** A computer with so much memory, of which so much is free, in GB; `cpuSpeed` in GB per second. */
function computer(gigabytes: number, free: number, cores: number, cpuSpeed: number, gpu?: DeviceInfo): MachineFacts {
  return {
    cpu: 'Processor',
    cores,
    memoryBytes: gigabytes * GB,
    systemFreeBytes: free * GB,
    devices: [device('cpu', gigabytes, true), ...(gpu ? [gpu] : [])],
    cpuBytesPerSecond: cpuSpeed * GB,
  }
}

const computers = {
  '8 GB without a graphics card': computer(8, 5, 4, 20),
  '16 GB Apple': computer(16, 10, 8, 60, device('gpu', 11.5, true)),
  '8 GB NVIDIA': computer(16, 11, 8, 30, device('gpu', 7.6, false)),
  '24 GB NVIDIA': computer(32, 24, 16, 40, device('gpu', 24, false)),
  '64 GB without a graphics card': computer(64, 52, 16, 40),
  '64 GB without a graphics card, few cores': computer(64, 52, 8, 40),
  '64 GB Apple': computer(64, 50, 12, 150, device('gpu', 48, true)),
}

const quick = (seconds: number, where: string) =>
  `It is the best model that is quick here: it reads a picture in about ${seconds} s on the ${where}`
const slow = (seconds: number) =>
  `No good model reads a picture within 10 s here; this one comes nearest and reads a picture in about ${seconds} s on the processor`

test.each<[keyof typeof computers, string, string]>([
  [
    '8 GB without a graphics card',
    'Qwen3-VL 2B Instruct',
    `${slow(36)}; Qwen3-VL 4B Instruct answers better and takes about 59 s.`,
  ],
  ['16 GB Apple', 'Qwen3.5 4B', `${quick(5, 'graphics card')}.`],
  ['8 GB NVIDIA', 'Qwen3.5 4B', `${quick(1, 'graphics card')}.`],
  ['24 GB NVIDIA', 'Qwen3.6 27B', `${quick(2, 'graphics card')}.`],
  [
    '64 GB without a graphics card',
    'Qwen3-VL 2B Instruct',
    `${quick(9, 'processor')}; Qwen3.6 35B-A3B answers better and takes about 11 s.`,
  ],
  [
    '64 GB without a graphics card, few cores',
    'Qwen3-VL 2B Instruct',
    `${slow(18)}; Qwen3.6 35B-A3B answers better and takes about 21 s.`,
  ],
  ['64 GB Apple', 'Qwen3.6 35B-A3B', `${quick(1, 'graphics card')}.`],
])('for %s: %s', (name, model, reason) => {
  const [first] = recommend(candidates, computers[name])
  expect({ model: first?.entry.name, reason: first?.reason }).toEqual({ model, reason })
})

test('everything that is recommended fits, is for general use and answers at once', () => {
  for (const facts of Object.values(computers))
    for (const { entry, fit } of recommend(candidates, facts)) {
      expect([entry.kind, entry.job]).toEqual(['instruct', null])
      expect(fit.level).not.toBe('no')
    }
})

test('a very small model comes last, and says what it is where nothing else fits', () => {
  const [last] = recommend(candidates, computers['8 GB without a graphics card']).slice(-1)
  expect(last?.entry.name).toBe('Qwen3.5 0.8B')
  const [only, ...others] = recommend(candidates, computer(4, 2.4, 2, 10))
  expect(only?.reason).toMatch(/^It is small and misses much, but what fits here reads a picture in about \d+ s/)
  expect(others).toEqual([])
})

test('where nothing fits nothing is recommended', () => {
  expect(recommend(candidates, computer(1, 0.7, 2, 10))).toEqual([])
})
