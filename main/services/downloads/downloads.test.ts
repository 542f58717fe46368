import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startModelServer } from '../../testing/modelServer.ts'
import type { Fault, ModelServer, ServedFile } from '../../testing/modelServer.ts'
import { seededRandom } from '../../testing/mutations.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import type { DownloadRequest, DownloadsOptions } from './index.ts'
import { openRig } from './testing/rig.ts'
import type { Rig } from './testing/rig.ts'

const repository = 'qwen/model-gguf'
const text = bytes(200_000, 1)
const projector = bytes(40_000, 2)

let folder: ReturnType<typeof tempFolder>
let server: ModelServer
let rig: Rig
beforeEach(async () => {
  folder = tempFolder()
  server = await startModelServer()
})
afterEach(async () => {
  await rig.close()
  await server.close()
  folder.remove()
})

/** Serves the two files and opens the service. */
function begin(options: Partial<DownloadsOptions> = {}, served: Partial<ServedFile> = {}): void {
  server.add({ repository, files: { 'Q4_K_M.gguf': { content: text, ...served }, 'mmproj.gguf': projector } })
  rig = openRig(folder.path, options)
}

function request(overrides: Partial<DownloadRequest> = {}): DownloadRequest {
  return {
    ...{ name: 'Qwen2-VL 2B Q4_K_M', entryId: 'qwen2-vl-2b', quantization: 'Q4_K_M', folder: 'Qwen2-VL 2B' },
    files: [fileOf('Q4_K_M.gguf', text, 'text'), fileOf('mmproj.gguf', projector, 'projector')],
    ...overrides,
  }
}

function fileOf(path: string, content: Uint8Array, role: 'text' | 'projector', sha256: string | null = sha(content)) {
  return { path, url: server.fileUrl(repository, path), bytes: content.length, sha256, role } as const
}

const textOnly = (sha256: string | null = sha(text)) =>
  request({ files: [fileOf('Q4_K_M.gguf', text, 'text', sha256)] })
const target = () => join(rig.models, 'Qwen2-VL 2B', 'Q4_K_M.gguf')
const script = (...faults: Fault[]) => server.script(repository, 'Q4_K_M.gguf', faults)
const cdnRequests = () => server.requests.filter(({ url }) => url.startsWith('/cdn/') && url.includes('Q4_K_M'))
const rangesAsked = () => cdnRequests().map(({ headers }) => headers.range)

/** Starts one file and waits for its end. */
async function run(download = textOnly()) {
  return rig.settled(rig.downloads.start(download).id)
}

test('both files arrive in parts, verified, and a model is made of them', async () => {
  begin()
  const job = await run(request())
  expect(job).toMatchObject({
    state: 'done',
    error: null,
    doneBytes: 240_000,
    bytes: 240_000,
    modelId: `model of ${job.id}`,
  })
  expect(rig.files()).toEqual(['Qwen2-VL 2B/Q4_K_M.gguf', 'Qwen2-VL 2B/mmproj.gguf'])
  expect(readFileSync(target()).equals(text)).toBe(true)
  expect(rig.done).toEqual([
    {
      ...{ id: job.id, name: 'Qwen2-VL 2B Q4_K_M', entryId: 'qwen2-vl-2b', quantization: 'Q4_K_M' },
      files: [
        {
          path: target(),
          url: server.fileUrl(repository, 'Q4_K_M.gguf'),
          role: 'text',
          bytes: 200_000,
          sha256: sha(text),
        },
        {
          path: join(rig.models, 'Qwen2-VL 2B', 'mmproj.gguf'),
          url: server.fileUrl(repository, 'mmproj.gguf'),
          ...{ role: 'projector', bytes: 40_000, sha256: sha(projector) },
        },
      ],
    },
  ])
  expect(new Set(rangesAsked()).size).toBe(Math.ceil(200_000 / 16_384))
})

test('an empty file is made without a request', async () => {
  begin()
  const job = await run(request({ files: [{ ...fileOf('empty.gguf', new Uint8Array(), 'text') }] }))
  expect([job.state, server.requests.length]).toEqual(['done', 0])
  expect(statSync(join(rig.models, 'Qwen2-VL 2B', 'empty.gguf')).size).toBe(0)
})

test('a lost, a silent and a cut connection are taken up where they ended', async () => {
  begin({ transfer: { stallMs: 200, connections: 1, tries: 20, checkpointBytes: 1 } })
  script(
    { kind: 'drop', afterBytes: 5000 },
    { kind: 'stall', afterBytes: 3000 },
    { kind: 'truncate', afterBytes: 2000 },
  )
  const job = await run()
  expect(job).toMatchObject({ state: 'done' })
  expect(readFileSync(target()).equals(text)).toBe(true)
  expect(rangesAsked()[0]).toBe('bytes=0-16383')
  expect(cdnRequests()[1]?.headers['if-range']).toBe('"version-1"')
  const starts = rangesAsked().map((range) => Number(/\d+/.exec(range ?? '')?.[0]))
  expect(starts.filter((start) => start % 16_384 !== 0).length).toBeGreaterThan(0)
})

test('a source that is gone for long ends the job with what arrived kept, and resuming goes on from there', async () => {
  begin({ transfer: { connections: 1 } })
  script({ kind: 'none' }, ...Array.from({ length: 5 }, () => ({ kind: 'status', status: 503 }) as const))
  const job = await run()
  expect(job).toMatchObject({ state: 'failed', doneBytes: 16_384, error: { code: 'SourceUnreachable' } })
  expect(job.error?.message).toMatch(
    /^127\.0\.0\.1:\d+: it answered with status 503\. Check the internet connection, then resume the download\.$/,
  )
  expect(rig.waits).toEqual([1000, 2000, 4000, 8000])
  rig.downloads.resume(job.id)
  expect((await rig.settled(job.id)).state).toBe('done')
  expect(rangesAsked().filter((range) => range === 'bytes=0-16383')).toHaveLength(1)
})

test('as long as every try brings something, it is not given up', async () => {
  begin({ transfer: { connections: 1 } })
  script(...Array.from({ length: 12 }, () => ({ kind: 'truncate', afterBytes: 1000 }) as const))
  expect((await run()).state).toBe('done')
  expect(rig.waits).toEqual(Array.from({ length: 12 }, () => 1000))
})

test('answers that end before they begin are given up', async () => {
  begin({ transfer: { connections: 1 } })
  script(...Array.from({ length: 5 }, () => ({ kind: 'truncate', afterBytes: 0 }) as const))
  expect((await run()).error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('the connection was lost') as string,
  })
})

test('a source that wants to be left alone is, for as long as it says', async () => {
  begin({ transfer: { connections: 1 } })
  script(
    { kind: 'status', status: 429, retryAfter: '90' },
    { kind: 'status', status: 503, retryAfter: new Date(Date.now() + 600_000).toUTCString() },
  )
  expect((await run()).state).toBe('done')
  expect(rig.waits[0]).toBe(90_000)
  expect(rig.waits[1]).toBeGreaterThan(300_000)
  expect(rig.waits[1]).toBeLessThanOrEqual(600_000)
})

test('a wait of more than an hour ends the job instead', async () => {
  begin()
  script({ kind: 'status', status: 429, retryAfter: '86400' })
  const { error } = await run()
  expect(error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('left alone for 1440 minutes') as string,
  })
})

test.each([
  [401, 'SourceRefused', 'licence'],
  [403, 'SourceRefused', 'licence'],
  [404, 'NotFound', 'does not have Q4_K_M.gguf any more'],
  [410, 'NotFound', 'does not have Q4_K_M.gguf any more'],
  [418, 'SourceRefused', 'Choose another source'],
  [416, 'FileChanged', 'changed at its source'],
])('status %d ends the job at once as %s', async (status, code, message) => {
  begin()
  script({ kind: 'status', status })
  const job = await run()
  expect(job).toMatchObject({ state: 'failed', error: { code, message: expect.stringContaining(message) as string } })
  expect(rig.waits).toEqual([])
  expect(existsSync(target())).toBe(false)
})

test('a file that changes at its source is thrown away, and resuming gets the new one from the beginning', async () => {
  begin({ transfer: { connections: 1 } })
  const other = bytes(200_000, 3)
  script({ kind: 'none' }, { kind: 'none' }, { kind: 'change', content: other })
  const job = await run({ ...textOnly(), files: [fileOf('Q4_K_M.gguf', text, 'text', sha(other))] })
  expect(job).toMatchObject({ state: 'failed', doneBytes: 0, error: { code: 'FileChanged' } })
  expect(job.error?.message).toContain('Resume to download it again.')
  expect(rig.files()).toEqual([])
  rig.downloads.resume(job.id)
  expect((await rig.settled(job.id)).state).toBe('done')
  expect(readFileSync(target()).equals(other)).toBe(true)
})

test.each<[string, Partial<ServedFile>, Fault]>([
  ['another ETag without If-Range', { etag: 'weak' }, { kind: 'change', content: bytes(200_000, 3) }],
  ['another date without an ETag', { etag: 'none' }, { kind: 'change', content: bytes(200_000, 3) }],
  ['another size', { etag: 'none', lastModified: false }, { kind: 'change', content: bytes(150_000, 3) }],
  ['the whole file where a part was asked for', {}, { kind: 'whole' }],
])('%s means that the file changed', async (_, served, fault) => {
  begin({ transfer: { connections: 1 } }, served)
  script({ kind: 'none' }, fault)
  expect(await run()).toMatchObject({ state: 'failed', doneBytes: 0, error: { code: 'FileChanged' } })
  expect(rig.files()).toEqual([])
})

test('a file of another size than listed is not begun', async () => {
  begin()
  const job = await run(request({ files: [{ ...fileOf('Q4_K_M.gguf', text, 'text'), bytes: 150_000 }] }))
  expect(job.error).toMatchObject({
    code: 'FileChanged',
    message: expect.stringContaining('200000 bytes and was listed with 150000') as string,
  })
})

test('a wrong range is never written', async () => {
  begin({ transfer: { connections: 1 } })
  script({ kind: 'none' }, { kind: 'wrongRange', shift: 10 })
  expect((await run()).state).toBe('done')
  expect(readFileSync(target()).equals(text)).toBe(true)
})

test('a source that always sends a wrong range is given up', async () => {
  begin({ transfer: { connections: 1 } })
  script(...Array.from({ length: 5 }, () => ({ kind: 'wrongRange', shift: 10 }) as const))
  expect((await run()).error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('another part of the file') as string,
  })
})

test('one flipped bit is found, the file deleted, and resuming downloads it again', async () => {
  begin()
  script({ kind: 'flip', at: 77 })
  const job = await run()
  expect(job).toMatchObject({
    state: 'failed',
    doneBytes: 0,
    error: { code: 'DigestMismatch', message: expect.stringContaining('arrived damaged') as string },
  })
  expect(rig.files()).toEqual([])
  rig.downloads.resume(job.id)
  expect((await rig.settled(job.id)).state).toBe('done')
  expect(readFileSync(target()).equals(text)).toBe(true)
})

test('without a digest of the source the result says so', async () => {
  begin()
  expect((await run(textOnly(null))).state).toBe('done')
  expect(rig.done[0]?.files[0]?.sha256).toBeNull()
})

test('a source without ranges sends the file in one stream, from its beginning after a loss', async () => {
  begin({}, { ranges: false })
  script({ kind: 'drop', afterBytes: 120_000 })
  expect((await run()).state).toBe('done')
  expect(readFileSync(target()).equals(text)).toBe(true)
  expect(rangesAsked()).toEqual(['bytes=0-16383', undefined])
})

test('redirects without end are left', async () => {
  begin()
  script({ kind: 'redirectLoop' })
  expect((await run()).error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('redirects without end') as string,
  })
  expect(server.requests).toHaveLength(11)
})

test('a name that nobody knows and a port that nobody has are tried again, then told', async () => {
  begin()
  const job = await run(
    request({ files: [{ ...fileOf('Q4_K_M.gguf', text, 'text'), url: 'http://127.0.0.1:9/file' }] }),
  )
  expect(job.error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('it refuses connections') as string,
  })
  expect(rig.waits).toHaveLength(4)
})

test('a key goes to the origin it is for and not to where that redirects', async () => {
  const other = await startModelServer([{ repository, files: { 'Q4_K_M.gguf': text } }])
  begin({
    headers: async ({ origin }): Promise<Record<string, string>> =>
      origin === server.address ? { Authorization: 'Bearer key' } : {},
  })
  server.add({ repository, files: { 'Q4_K_M.gguf': text }, token: 'key', cdn: other.address })
  try {
    expect((await run()).state).toBe('done')
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(server.requests.map(() => 'Bearer key'))
    expect(other.requests.length).toBeGreaterThan(0)
    expect(other.requests.filter(({ headers }) => 'authorization' in headers)).toEqual([])
  } finally {
    await other.close()
  }
})

test('a gated file without a key is refused', async () => {
  begin()
  server.add({ repository, files: { 'Q4_K_M.gguf': text }, token: 'key' })
  expect((await run()).error).toMatchObject({
    code: 'SourceRefused',
    message: expect.stringContaining('enter an access token') as string,
  })
})

test('a disk with too little room is told before anything is fetched, and resuming works when there is', async () => {
  let free = 200_000
  begin({ freeBytes: async () => free, transfer: { spareBytes: 1_000_000 } })
  const job = await run()
  expect(job.error).toMatchObject({
    code: 'DiskFull',
    message: expect.stringContaining('needs 2 MB more and 1 MB are free') as string,
    detail: { needed: 1_200_000, free: 200_000 },
  })
  expect(server.requests).toEqual([])
  free = 2_000_000
  rig.downloads.resume(job.id)
  expect((await rig.settled(job.id)).state).toBe('done')
})

test('a folder that leads out of the models folder is not written to', async () => {
  begin()
  const outside = join(folder.path, 'outside')
  mkdirSync(outside)
  mkdirSync(rig.models)
  symlinkSync(outside, join(rig.models, 'Qwen2-VL 2B'), 'junction')
  expect((await run()).error).toMatchObject({
    code: 'StorageFailed',
    message: expect.stringContaining('leads out of the models folder') as string,
  })
})

test('a link where the unfinished file would be is not followed', async () => {
  begin()
  const victim = join(folder.path, 'victim')
  writeFileSync(victim, 'precious')
  mkdirSync(join(rig.models, 'Qwen2-VL 2B'), { recursive: true })
  symlinkSync(victim, `${target()}.part`)
  expect((await run()).error).toMatchObject({ code: 'StorageFailed' })
  expect(readFileSync(victim, 'utf8')).toBe('precious')
})

test('names of a listing cannot leave the folder or be a device', async () => {
  begin()
  const evil = ['../../escape.gguf', 'NUL.gguf', 'a:b.gguf']
  server.add({ repository, files: Object.fromEntries(evil.map((_, i) => [`f${i}.gguf`, bytes(100, i)])) })
  const files = evil.map((path, i) => ({ ...fileOf(`f${i}.gguf`, bytes(100, i), 'text'), path }))
  const job = await run(request({ folder: '../..', files }))
  expect(job.state).toBe('done')
  const [inFolder = ''] = rig.files()
  const made = inFolder.split('/')[0] as string
  expect(made).toMatch(/^model-[0-9a-f]{8}$/)
  expect(rig.files()).toEqual([`${made}/_NUL.gguf`, `${made}/a_b.gguf`, `${made}/escape.gguf`])
})

test('a file that is there already is taken when its digest is right', async () => {
  begin()
  mkdirSync(join(rig.models, 'Qwen2-VL 2B'), { recursive: true })
  writeFileSync(target(), text)
  expect((await run()).state).toBe('done')
  expect(server.requests).toEqual([])
})

test('a file that is there already and another one is left alone', async () => {
  begin()
  mkdirSync(join(rig.models, 'Qwen2-VL 2B'), { recursive: true })
  const mine = bytes(200_000, 9)
  writeFileSync(target(), mine)
  const job = await run()
  expect(job.error).toMatchObject({
    code: 'StorageFailed',
    message: expect.stringContaining('Another file is at') as string,
  })
  expect(readFileSync(target()).equals(mine)).toBe(true)
  await rig.downloads.remove(job.id)
  expect(readFileSync(target()).equals(mine)).toBe(true)
})

test('a file of another size in the way makes the job take another folder', async () => {
  begin()
  mkdirSync(join(rig.models, 'Qwen2-VL 2B'), { recursive: true })
  writeFileSync(target(), 'mine')
  expect((await run()).state).toBe('done')
  expect(rig.files()).toEqual(['Qwen2-VL 2B-2/Q4_K_M.gguf', 'Qwen2-VL 2B/Q4_K_M.gguf'])
})

test('a model that cannot be made fails the job with that error, and resuming makes it without downloading', async () => {
  let works = false
  begin({
    onDone: async () => {
      if (!works) throw new Error('The projector does not fit.')
      return 'made'
    },
  })
  const job = await run()
  expect(job).toMatchObject({ state: 'failed', doneBytes: 200_000, error: { message: 'The projector does not fit.' } })
  const asked = server.requests.length
  works = true
  rig.downloads.resume(job.id)
  expect(await rig.settled(job.id)).toMatchObject({ state: 'done', modelId: 'made', error: null })
  expect(server.requests).toHaveLength(asked)
})

test.each<[string, Partial<DownloadRequest>]>([
  ['no files', { files: [] }],
  ['no name', { name: '' }],
  ['no address', { files: [{ path: 'a', url: 'file:///etc/passwd', bytes: 1, sha256: null, role: 'text' }] }],
  ['no size', { files: [{ path: 'a', url: 'http://localhost/', bytes: -1, sha256: null, role: 'text' }] }],
  ['no digest', { files: [{ path: 'a', url: 'http://localhost/', bytes: 1, sha256: 'abc', role: 'text' }] }],
])('a request with %s is refused', (_, wrong) => {
  begin()
  expect(() => rig.downloads.start(request(wrong))).toThrow(expect.objectContaining({ code: 'InvalidInput' }))
  expect(rig.downloads.list()).toEqual([])
})

function bytes(length: number, seed: number): Buffer {
  const random = seededRandom(seed)
  return Buffer.from(Array.from({ length }, () => random(256)))
}

function sha(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
