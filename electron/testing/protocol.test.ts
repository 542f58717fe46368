import { request as httpRequest } from 'node:http'
import { expect, test } from 'vitest'
import { serveScheme } from './protocol.ts'
import type { SchemeHandler } from './protocol.ts'

let handler: SchemeHandler
const addresses = await serveScheme('app', () => handler)
const port = Number(/:(\d+)/.exec(addresses.toPage('app://files'))?.[1])

function post(headers: Record<string, string | number>) {
  const request = httpRequest({ host: '127.0.0.1', port, method: 'POST', path: '/?name=a', headers })
  const ended = new Promise<string>((resolve) => {
    request.once('response', (response) => resolve(String(response.statusCode)))
    request.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
  return { request, ended }
}

async function postWhole(body: string): Promise<void> {
  const { request, ended } = post({ host: 'files', 'content-length': body.length })
  request.end(body)
  expect(await ended).toBe('200')
}

test('a handler is asked once the whole body is in memory', async () => {
  const asked: string[] = []
  handler = async (request) => {
    asked.push('asked')
    asked.push(await request.text())
    return new Response()
  }
  const { request, ended } = post({ host: 'files', 'content-length': 6 })
  await new Promise((resolve) => request.write('abc', resolve))
  // another request goes the whole way meanwhile
  await postWhole('other')
  expect(asked).toEqual(['asked', 'other'])
  request.end('def')
  expect(await ended).toBe('200')
  expect(asked).toEqual(['asked', 'other', 'asked', 'abcdef'])
})

test('a page that gives up is not heard of: the handler runs to its end', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<AbortSignal>()
  const { promise: finish, resolve: end } = Promise.withResolvers<void>()
  const { promise: outcome, resolve: tell } = Promise.withResolvers<boolean>()
  handler = async (request) => {
    const { signal } = request
    if ((await request.text()) === 'other') return new Response()
    begin(signal)
    await finish
    tell(signal.aborted)
    return new Response()
  }
  const { request, ended } = post({ host: 'files', 'content-length': 3 })
  request.end('abc')
  await begun
  request.destroy()
  await ended
  // by now the server knows
  await postWhole('other')
  end()
  expect(await outcome).toBe(false)
})

test('a body that no Buffer holds fails, and nobody is asked', async () => {
  let isAsked = false
  handler = () => {
    isAsked = true
    return new Response()
  }
  const { request, ended } = post({ host: 'files', 'content-length': 5 * 1024 ** 3 })
  request.write('abc')
  expect(await ended).toBe('ECONNRESET')
  expect(isAsked).toBe(false)
})
