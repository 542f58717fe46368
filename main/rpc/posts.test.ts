import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { AppError } from '#contract'
import { servePosts } from './posts.ts'

const opened: MessagePort[] = []
afterEach(() => opened.splice(0).forEach((port) => port.close()))

const sha = 'a'.repeat(64)
const stored = (name: string, bytes: number) => ({
  ...{ kind: 'image' as const, sha, name, bytes, mime: 'image/png', width: 1, height: 1 },
})

/** The window's end of a port that is served. */
function served(receive: Parameters<typeof servePosts>[1], options: Parameters<typeof servePosts>[2] = {}) {
  const { port1, port2 } = new MessageChannel()
  opened.push(port1, port2)
  servePosts(
    {
      postMessage: (message) => port2.postMessage(message),
      on: (event: string, listener: (event: { data: unknown }) => void) => {
        if (event === 'message') port2.on('message', (data: unknown) => listener({ data }))
        else port2.on('close', () => listener({ data: null }))
      },
    },
    receive,
    options,
  )
  const answer = () => new Promise((resolve) => port1.once('message', resolve))
  return { port: port1, answer }
}

test('bytes arrive at the address that they were posted to, and what was stored comes back', async () => {
  const { port, answer } = served(async (address, body) => {
    let bytes = 0
    for await (const chunk of body) bytes += chunk.length
    return address === 'app://attachment/?name=a.png' ? stored('a.png', bytes) : undefined
  })
  port.postMessage({ post: 1, address: 'app://attachment/?name=a.png', body: new Uint8Array(5) })
  expect(await answer()).toEqual({ post: 1, stored: stored('a.png', 5) })
  port.postMessage({ post: 2, address: 'app://attachment/frames/x/1', body: new Uint8Array(5) })
  expect(await answer()).toEqual({ post: 2, stored: null })
})

test('a post that is ill-formed is answered; what is no post is left to others', async () => {
  const { port, answer } = served(() => Promise.reject(new Error('not to be called')))
  port.postMessage('a call of the contract')
  port.postMessage({ post: 7, address: 'x'.repeat(9000), body: new Uint8Array(1) })
  expect(await answer()).toMatchObject({ post: 7, error: { code: 'InvalidInput' } })
})

test('a refusal keeps its code; a defect says nothing of itself', async () => {
  const onDefect = vi.fn()
  const { port, answer } = served(
    (address) =>
      Promise.reject(address === 'bad' ? new AppError('DamagedMedia', 'It is damaged.') : new Error('/home/someone')),
    { onDefect },
  )
  port.postMessage({ post: 1, address: 'bad', body: new Uint8Array(1) })
  expect(await answer()).toEqual({ post: 1, error: { code: 'DamagedMedia', message: 'It is damaged.' } })
  port.postMessage({ post: 2, address: 'x', body: new Uint8Array(1) })
  const defect = await answer()
  expect(defect).toMatchObject({ post: 2, error: { code: 'StorageFailed' } })
  expect(JSON.stringify(defect)).not.toContain('someone')
  expect(onDefect).toHaveBeenCalledOnce()
})

test('more bytes than one message may carry are refused in words', async () => {
  const { port, answer } = served(
    async (_address, body) => {
      for await (const chunk of body) throw new Error(`${chunk.length} bytes came through.`)
      return undefined
    },
    { limit: 4 },
  )
  port.postMessage({ post: 1, address: 'x', body: new Uint8Array(5) })
  expect(await answer()).toMatchObject({ post: 1, error: { code: 'MediaTooLarge', detail: { limit: 4 } } })
})

test('what is no post is left alone; what was given up, or left by a window that closed, is aborted', async () => {
  const aborted: string[] = []
  const { port, answer } = served(
    (address, _body, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.push(address)
          reject(new AppError('Interrupted', 'It did not arrive.'))
        })
      }),
  )
  for (const message of ['text', null, { abandon: 7 }]) port.postMessage(message)
  port.postMessage({ post: 1, address: 'first', body: new Uint8Array(1) })
  port.postMessage({ post: 2, address: 'second', body: new Uint8Array(1) })
  port.postMessage({ abandon: 1 })
  expect(await answer()).toMatchObject({ post: 1, error: { code: 'Interrupted' } })
  expect(aborted).toEqual(['first'])
  port.close()
  await vi.waitFor(() => expect(aborted).toEqual(['first', 'second']))
})
