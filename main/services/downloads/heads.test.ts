import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startModelServer } from '../../testing/modelServer.ts'
import type { ModelServer, ServedFile } from '../../testing/modelServer.ts'
import { defaultTransfer } from './downloads.ts'
import { createHeads } from './heads.ts'
import { createFileRequests } from './http/fileRequests.ts'

const KiB = 1024
const REPOSITORY = 'o/r'
const PATH = 'm.gguf'
const content = randomBytes(20_000 * KiB)
const signal = new AbortController().signal

let server: ModelServer
let waits: number[]
let requests: ReturnType<typeof createFileRequests>
beforeEach(async () => {
  server = await startModelServer()
  waits = []
  requests = createFileRequests({})
  serve()
})
afterEach(async () => {
  requests.close()
  await server.close()
})

const serve = (file: Partial<ServedFile> = {}) =>
  server.add({ repository: REPOSITORY, files: { [PATH]: { content, ...file } } })
const make = () =>
  createHeads({
    requests,
    settings: defaultTransfer,
    clock: { now: Date.now, random: () => 1, delay: async (ms) => void waits.push(ms) },
    headers: async () => ({}),
  })
const remote = () => ({ url: server.fileUrl(REPOSITORY, PATH), name: PATH, bytes: content.length })
const ranges = () => server.requests.filter(({ url }) => url.startsWith('/cdn/')).map(({ headers }) => headers.range)

/** Reads `length` bytes from `position` on, as often as it takes. */
async function read(
  head: { read(target: Uint8Array, offset: number, length: number, position: number): Promise<number> },
  position: number,
  length: number,
): Promise<Buffer> {
  const target = Buffer.alloc(length)
  for (let at = 0; at < length; ) {
    const count = await head.read(target, at, length - at, position + at)
    if (count === 0) return target.subarray(0, at)
    at += count
  }
  return target
}

describe('the first bytes of a file', () => {
  test('are fetched in growing ranges, no more than is read, and never twice', async () => {
    const heads = make()
    const head = await heads.open(remote(), { signal })
    expect(ranges()).toEqual([])
    expect((await read(head, 0, 100)).equals(content.subarray(0, 100))).toBe(true)
    expect(head.fetchedBytes()).toBe(64 * KiB)
    expect((await read(head, 60 * KiB, 300 * KiB)).equals(content.subarray(60 * KiB, 360 * KiB))).toBe(true)
    await head.close()
    const again = await heads.open(remote(), { signal })
    expect((await read(again, 500, 1000 * KiB)).equals(content.subarray(500, 500 + 1000 * KiB))).toBe(true)
    expect(again.fetchedBytes()).toBe(0)
    expect(ranges()).toEqual([
      `bytes=0-${64 * KiB - 1}`,
      `bytes=${64 * KiB}-${256 * KiB - 1}`,
      `bytes=${256 * KiB}-${1024 * KiB - 1}`,
    ])
    expect(heads.taken(remote().url)?.bytes.equals(content.subarray(0, 1024 * KiB))).toBe(true)
    heads.forget(remote().url)
    expect(heads.taken(remote().url)).toBeNull()
  })

  test('of two that read at once are fetched once', async () => {
    const heads = make()
    const [a, b] = [await heads.open(remote(), { signal }), await heads.open(remote(), { signal })]
    const parts = await Promise.all([read(a, 0, 200 * KiB), read(b, 10, 200 * KiB)])
    expect(parts.map((part, i) => part.equals(content.subarray(10 * i, 200 * KiB + 10 * i)))).toEqual([true, true])
    expect(ranges()).toHaveLength(2)
  })

  test('end with a file that is shorter', async () => {
    const short = content.subarray(0, 5000)
    serve({ content: short })
    const head = await make().open({ ...remote(), bytes: 5000 }, { signal })
    expect((await read(head, 4000, 9000)).equals(short.subarray(4000))).toBe(true)
    expect(ranges()).toEqual(['bytes=0-4999'])
  })

  test('are 16 MB at most', async () => {
    const head = await make().open(remote(), { signal })
    await read(head, 0, 16_384 * KiB)
    await expect(read(head, 16_384 * KiB, 1)).rejects.toMatchObject({
      code: 'UnsupportedModel',
      message: expect.stringContaining('longer than 16 MB') as string,
    })
    expect(head.fetchedBytes()).toBe(16_384 * KiB)
  })

  test('go on where a connection was lost', async () => {
    server.script(REPOSITORY, PATH, [
      { kind: 'drop', afterBytes: 10_000 },
      { kind: 'status', status: 503 },
    ])
    const head = await make().open(remote(), { signal })
    expect((await read(head, 0, 60_000)).equals(content.subarray(0, 60_000))).toBe(true)
    expect(ranges()[0]).toBe(`bytes=0-${64 * KiB - 1}`)
    expect(Number(/^bytes=(\d+)-/.exec(ranges().at(-1)!)![1])).toBeGreaterThan(0)
    expect(waits.length).toBeGreaterThan(0)
  })

  test('of a source that fails again and again are given up, soon while somebody looks on and late in a download', async () => {
    const fault = { kind: 'status', status: 503 } as const
    server.script(REPOSITORY, PATH, Array(30).fill(fault))
    const quick = await make().open(remote(), { signal })
    await expect(read(quick, 0, 10)).rejects.toMatchObject({ code: 'SourceUnreachable' })
    expect(ranges()).toHaveLength(3)
    const told: (number | null)[] = []
    const patient = await make().open(remote(), { signal, onWait: (until) => told.push(until) })
    await expect(read(patient, 0, 10)).rejects.toMatchObject({ code: 'SourceUnreachable' })
    expect(ranges()).toHaveLength(3 + defaultTransfer.tries)
    expect(told.filter((until) => until === null)).toHaveLength(defaultTransfer.tries - 1)
  })

  test.each([
    [{ kind: 'status', status: 404 }, 'NotFound'],
    [{ kind: 'status', status: 403 }, 'SourceRefused'],
    [{ kind: 'redirectLoop' }, 'SourceUnreachable'],
  ] as const)('that cannot be had (%j) are not asked for again', async (fault, code) => {
    server.script(REPOSITORY, PATH, [fault])
    await expect(read(await make().open(remote(), { signal }), 0, 10)).rejects.toMatchObject({ code })
    expect(waits).toEqual([])
  })

  test('of a file that changes in the middle are thrown away', async () => {
    const heads = make()
    server.script(REPOSITORY, PATH, [{ kind: 'none' }, { kind: 'change', content: randomBytes(content.length) }])
    await expect(read(await heads.open(remote(), { signal }), 0, 200 * KiB)).rejects.toMatchObject({
      code: 'FileChanged',
    })
    expect(heads.taken(remote().url)).toBeNull()
  })

  test('of many files stay below 64 MiB of memory: those that were not read for longest are forgotten', async () => {
    const paths = Array.from({ length: 6 }, (_, i) => `${i}.gguf`)
    server.add({ repository: REPOSITORY, files: Object.fromEntries(paths.map((path) => [path, content])) })
    const heads = make()
    const urls = paths.map((path) => server.fileUrl(REPOSITORY, path))
    for (const url of urls)
      await read(await heads.open({ url, name: 'm', bytes: content.length }, { signal }), 0, 16_000 * KiB)
    await heads.open({ url: urls[5]!, name: 'm', bytes: content.length }, { signal })
    expect(urls.map((url) => heads.taken(url) !== null)).toEqual([false, false, true, true, true, true])
  })

  test('are not fetched any more once nobody wants them', async () => {
    const controller = new AbortController()
    server.script(REPOSITORY, PATH, [{ kind: 'stall', afterBytes: 100 }])
    const reading = read(await make().open(remote(), { signal: controller.signal }), 0, 10_000)
    await server.nextRequest('/cdn/')
    controller.abort(new Error('closed'))
    await expect(reading).rejects.toThrow('closed')
  })
})

describe('a source that sends only whole files', () => {
  beforeEach(() => serve({ ranges: false }))

  test('is read as far as needed, in one request, and nothing of that can begin a download', async () => {
    const heads = make()
    const head = await heads.open(remote(), { signal })
    expect((await read(head, 0, 300 * KiB)).equals(content.subarray(0, 300 * KiB))).toBe(true)
    expect((await read(head, 700 * KiB, 100)).equals(content.subarray(700 * KiB, 700 * KiB + 100))).toBe(true)
    await head.close()
    expect(ranges()).toHaveLength(1)
    expect(head.hasRanges()).toBe(false)
    expect(head.fetchedBytes()).toBeLessThan(4096 * KiB)
    expect(heads.taken(remote().url)).toBeNull()
  })

  test('is asked again from the beginning when the connection is lost', async () => {
    server.script(REPOSITORY, PATH, [{ kind: 'drop', afterBytes: 10_000 }])
    const head = await make().open(remote(), { signal })
    expect((await read(head, 0, 300 * KiB)).equals(content.subarray(0, 300 * KiB))).toBe(true)
  })

  test('is asked again from the beginning when somebody reads on after it was closed', async () => {
    const heads = make()
    const head = await heads.open(remote(), { signal })
    await read(head, 0, 100 * KiB)
    await head.close()
    const again = await heads.open(remote(), { signal })
    expect((await read(again, 0, 700 * KiB)).equals(content.subarray(0, 700 * KiB))).toBe(true)
    await again.close()
  })
})
