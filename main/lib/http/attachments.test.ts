import { AppError } from '#contract'
import { expect, test } from 'vitest'
import { answerFile } from './attachments.ts'
import type { FileStores } from './attachments.ts'

const sha = 'a'.repeat(64)
const key = 'c'.repeat(64)
const tag = `"${sha}"`
const stores: FileStores = {
  attachments: {
    async open(asked, size) {
      if (asked !== sha) throw new AppError('NotFound', 'There is no such picture.')
      if (typeof size === 'object' && 'input' in size)
        return { mime: 'image/png', bytes: size.input.width, path: '/input' }
      return size === 'thumb'
        ? { mime: 'image/webp', bytes: 3, path: '/thumb' }
        : { mime: 'image/png', bytes: 10, path: '/file' }
    },
  },
  frames: {
    open: async (_key, n, input) => ({
      mime: 'image/png',
      bytes: input?.height ?? n,
      path: input ? '/input' : '/frame',
    }),
  },
}
const ask = (address: string, headers: Record<string, string> = {}, method = 'GET') => {
  const [path = '', query] = address.split('?')
  return answerFile({ method, path, query: new URLSearchParams(query), header: (name) => headers[name] }, stores)
}
const range = { range: 'bytes=2-4' }

test('a file comes whole, in part, or as its thumbnail, each for good and under its own tag', async () => {
  expect(await ask(sha)).toEqual({
    status: 200,
    headers: {
      'Accept-Ranges': 'bytes',
      ETag: tag,
      'Cache-Control': 'private, max-age=31536000, immutable',
      'Content-Type': 'image/png',
      'Content-Length': '10',
    },
    body: { path: '/file', range: undefined },
  })
  expect(await ask(sha, range)).toMatchObject({
    status: 206,
    headers: { 'Content-Range': 'bytes 2-4/10', 'Content-Length': '3' },
    body: { path: '/file', range: { start: 2, end: 4 } },
  })
  expect(await ask(`${sha}?size=thumb`)).toMatchObject({
    headers: { ETag: `"${sha}-thumb"`, 'Content-Type': 'image/webp' },
    body: { path: '/thumb' },
  })
})

test('a picture and a frame come in the size in which a model gets them, and in no other', async () => {
  expect(await ask(`${sha}?input=112x56`)).toMatchObject({
    headers: { ETag: `"${sha}-input-112x56"`, 'Content-Length': '112' },
    body: { path: '/input' },
  })
  expect(await ask(`frames/${key}/0?input=64x96`)).toMatchObject({ headers: { 'Content-Length': '96' } })
  for (const size of ['57x56', '0x56', '99999x99999', '56', '28x28x28', '', '2800000x28'])
    await expect(ask(`${sha}?input=${size}`), size).rejects.toMatchObject({ code: 'InvalidInput' })
})

test('what the asker has is not sent again, and a part of another file is the whole one', async () => {
  expect(await ask(sha, { 'if-none-match': tag })).toMatchObject({ status: 304, body: null })
  expect(await ask(`${sha}?size=thumb`, { 'if-none-match': tag })).toMatchObject({ status: 200 })
  expect(await ask(sha, { ...range, 'if-range': tag })).toMatchObject({ status: 206 })
  expect(await ask(sha, { ...range, 'if-range': '"another"' })).toMatchObject({ status: 200 })
  expect(await ask(sha, { range: 'bytes=10-' })).toMatchObject({
    status: 416,
    headers: { 'Content-Range': 'bytes */10' },
    body: null,
  })
})

test('a head has no body, and other methods are told which there are', async () => {
  expect(await ask(sha, {}, 'HEAD')).toMatchObject({ status: 200, headers: { 'Content-Length': '10' }, body: null })
  expect(await ask(sha, {}, 'PUT')).toEqual({ status: 405, headers: { Allow: 'GET, HEAD' }, body: null })
})

test('frames may be made again under the same address; a poster and anything else are not there', async () => {
  expect(await ask(`frames/${key}/7`)).toMatchObject({
    status: 200,
    headers: { 'Cache-Control': 'private, no-cache', 'Content-Length': '7' },
  })
  for (const address of [`frames/${key}/poster`, `frames/${key}/07`, 'index.html', '', sha.toUpperCase()])
    await expect(ask(address), address).rejects.toMatchObject({ code: 'NotFound' })
})
