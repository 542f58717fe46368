import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { unlessAborted, untilAborted } from '#contract'
import { arriving, unlessSilent } from './body.ts'

const MB = 1024 ** 2

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of buffers that something still holds. What one collection finds is given back by the next. */
function heldBytes(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** A signal that counts who listens to it. */
function countedSignal() {
  const controller = new AbortController()
  const { signal } = controller
  let listeners = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--
    remove(...args)
  }
  return { signal, abort: (reason?: unknown) => controller.abort(reason), listeners: () => listeners }
}

async function* chunksOf(count: number, bytes: number) {
  for (let i = 0; i < count; i++) yield Buffer.allocUnsafeSlow(bytes)
}

/** Gives one chunk and then nothing more, ever; `left` settles when it is told that nobody reads on. */
function silent() {
  const { promise: left, resolve } = Promise.withResolvers<void>()
  let given = false
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        if (given) return new Promise(() => {})
        given = true
        return Promise.resolve({ done: false, value: Buffer.from('one') })
      },
      return: () => {
        resolve()
        return new Promise(() => {})
      },
    }),
  }
  return { body, left }
}

describe('a body that is on its way', () => {
  test('2 GB pass and none of them is held', async () => {
    const { signal } = new AbortController()
    const before = heldBytes()
    let bytes = 0
    let held = 0
    for await (const chunk of arriving(chunksOf(2048, MB), signal, (cause) => cause as Error)) {
      bytes += chunk.length
      if (bytes === 2048 * MB) held = heldBytes() - before
    }
    expect(bytes).toBe(2048 * MB)
    expect(held).toBeLessThan(64 * MB)
  })

  test('ends at the moment of the abort while it is silent, and its source is told', async () => {
    const { body, left } = silent()
    const { signal, abort, listeners } = countedSignal()
    const seen: string[] = []
    const reading = (async () => {
      for await (const chunk of arriving(body, signal, (cause) => new Error('stopped', { cause }))) {
        seen.push(Buffer.from(chunk).toString())
        setImmediate(() => abort('enough'))
      }
    })()
    await expect(reading).rejects.toMatchObject({ message: 'stopped', cause: 'enough' })
    await left
    expect([seen, listeners()]).toEqual([['one'], 0])
  })

  test('one that was aborted before gives nothing', async () => {
    const reading = arriving(chunksOf(3, 10), AbortSignal.abort('before'), (cause) => new Error('stopped', { cause }))
    await expect(reading.next()).rejects.toMatchObject({ cause: 'before' })
  })

  test("a source that fails is told as the caller wants; what its reader throws stays the reader's", async () => {
    async function* broken() {
      yield Buffer.from('one')
      throw new Error('reset')
    }
    const toError = (cause: unknown) => new Error('did not arrive', { cause })
    const read = async (work: (chunk: Uint8Array) => void) => {
      for await (const chunk of arriving(broken(), undefined, toError)) work(chunk)
    }
    await expect(read(() => {})).rejects.toMatchObject({ message: 'did not arrive' })
    await expect(
      read(() => {
        throw new Error('disk full')
      }),
    ).rejects.toThrow('disk full')
  })
})

test('a chunk that was read gives its memory back at once, unless others share it', async () => {
  const own = new Uint8Array(10)
  const shared = new Uint8Array(10)
  const part = shared.subarray(2)
  const seen: number[] = []
  for await (const chunk of unlessSilent(Readable.from([own, part]), 10_000, () => {})) seen.push(chunk.length)
  expect([seen, own.length, part.length]).toEqual([[10, 8], 0, 8])
})

describe('waiting unless a signal aborts', () => {
  test('leaves nothing on the signal, however it ends', async () => {
    const { signal, abort, listeners } = countedSignal()
    expect(await unlessAborted(Promise.resolve(1), signal)).toBe(1)
    await expect(unlessAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
    for await (const value of untilAborted(chunksOf(5, 1), signal)) if (value.length > 1) break
    expect(listeners()).toBe(0)
    const waiting = unlessAborted(new Promise(() => {}), signal)
    expect(listeners()).toBe(1)
    abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    expect(listeners()).toBe(0)
    await expect(unlessAborted(Promise.resolve(1), signal)).rejects.toThrow('gone')
  })
})
