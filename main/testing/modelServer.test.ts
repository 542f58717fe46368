import { createHash } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startModelServer } from './modelServer.ts'
import type { ModelServer } from './modelServer.ts'

const content = Buffer.alloc(1000, 'model')
const digest = createHash('sha256').update(content).digest('hex')

let server: ModelServer
beforeEach(async () => {
  const files = { 'Q4/m.gguf': content, 'README.md': Buffer.from('# Model') }
  server = await startModelServer([{ repository: 'owner/name', files, revision: 'a'.repeat(40) }])
})
afterEach(() => server.close())

const json = async (path: string, init?: RequestInit) =>
  (await fetch(server.address + path, init)).json() as Promise<unknown>

test('it lists as Hugging Face does, with digests of large files', async () => {
  expect(await json('/api/models/owner/name')).toMatchObject({
    id: 'owner/name',
    sha: 'a'.repeat(40),
    gated: false,
    siblings: [{ rfilename: 'Q4/m.gguf' }, { rfilename: 'README.md' }],
  })
  const tree = await json(`/api/models/owner/name/tree/${'a'.repeat(40)}?recursive=true`)
  expect(tree).toMatchObject([
    { type: 'file', path: 'Q4/m.gguf', size: 1000, lfs: { oid: digest, size: 1000 } },
    { path: 'README.md', size: 7 },
  ])
  expect((tree as object[])[1]).not.toHaveProperty('lfs')
  expect((await fetch(`${server.address}/api/models/owner/name/tree/other`)).status).toBe(404)
  expect((await fetch(`${server.address}/api/models/owner/none`)).status).toBe(404)
})

test('it lists as ModelScope does', async () => {
  expect(await json('/api/v1/models/owner/name/repo/files?Revision=master&Recursive=true')).toMatchObject({
    Code: 200,
    Data: {
      Files: [{ Path: 'Q4/m.gguf', Name: 'm.gguf', Size: 1000, Sha256: digest, Type: 'blob' }, { Path: 'README.md' }],
    },
  })
})

test.each(['huggingface', 'modelscope'] as const)(
  'files of %s redirect to a place that answers ranges',
  async (source) => {
    const url = server.fileUrl('owner/name', 'Q4/m.gguf', source)
    const head = await fetch(url, { redirect: 'manual' })
    expect([head.status, head.headers.get('x-linked-size')]).toEqual([302, '1000'])
    const part = await fetch(url, { headers: { Range: 'bytes=10-19' } })
    expect([part.status, part.headers.get('content-range'), part.headers.get('etag')]).toEqual([
      206,
      'bytes 10-19/1000',
      '"version-1"',
    ])
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(10, 20))).toBe(true)
    const other = await fetch(url, { headers: { Range: 'bytes=10-19', 'If-Range': '"version-0"' } })
    expect(other.status).toBe(200)
  },
)

test('gated repositories want their token', async () => {
  server.add({ repository: 'owner/gated', files: { 'm.gguf': content }, token: 'secret' })
  const url = server.fileUrl('owner/gated', 'm.gguf')
  expect((await fetch(url)).status).toBe(401)
  expect((await fetch(url, { headers: { Authorization: 'Bearer secret' } })).status).toBe(200)
})

test('faults come in their order, once each', async () => {
  const url = server.fileUrl('owner/name', 'Q4/m.gguf')
  server.script('owner/name', 'Q4/m.gguf', [
    { kind: 'status', status: 429, retryAfter: '7' },
    { kind: 'flip', at: 3 },
    { kind: 'drop', afterBytes: 100 },
    { kind: 'change', content: Buffer.from('other') },
  ])
  const refused = await fetch(url)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7'])
  const flipped = Buffer.from(await (await fetch(url)).arrayBuffer())
  expect([...flipped.keys()].filter((i) => flipped[i] !== content[i])).toEqual([3])
  await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow()
  expect(server.left('owner/name', 'Q4/m.gguf')).toBe(1)
  const changed = await fetch(url)
  expect([await changed.text(), changed.headers.get('etag')]).toEqual(['other', '"version-2"'])
  const seen = server.nextRequest('/cdn/')
  await fetch(url)
  expect((await seen).url).toContain('signature=2')
})
