import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EngineStatus, MemoryPlan } from '#contract'
import type { Placement } from '#contract'
import { createApp } from '../../app.ts'
import type { App } from '../../app.ts'
import { forkWorker } from '../../nodePorts.ts'
import { createMemoryClient } from '../../rpc/memoryClient.ts'
import type { Client } from '../../rpc/memoryClient.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { testPorts } from '../../testing/testPorts.ts'

const any: Placement = { contextTokens: null, gpuLayers: null, kvType: null }
const interrupted = expect.objectContaining({ code: 'Interrupted' }) as Error

let folder: ReturnType<typeof tempFolder>
let app: App
let client: Client
let seen: EngineStatus[]
let watching: Promise<void>
beforeEach(async () => {
  folder = tempFolder()
  app = createApp(testPorts(folder.path, { spawnWorker: forkWorker }))
  client = createMemoryClient(app.serve).client
  seen = []
  // it ends with the connection
  watching = watch(await client.engine.watch()).catch(() => {})
})
afterEach(async () => {
  await app.close()
  await watching
  folder.remove()
})

let wake: () => void = () => {}
async function watch(stream: AsyncIterable<EngineStatus>): Promise<void> {
  for await (const status of stream) {
    seen.push(EngineStatus.parse(status))
    wake()
  }
}

/** The first status from now on, or the last one, that `matches`. */
async function status(matches: (status: EngineStatus) => boolean): Promise<EngineStatus> {
  for (let from = Math.max(0, seen.length - 1); ; ) {
    const found = seen.slice(from).find(matches)
    if (found) return found
    from = seen.length
    await new Promise<void>((resolve) => (wake = resolve))
  }
}
const addGolden = async (family: 'qwen2vl' | 'qwen25vl') => (await client.models.add(goldenModel(family))).id

describe('loading', () => {
  test('shows its progress up to the end', async () => {
    const loaded = await client.engine.load()
    expect(loaded).toMatchObject({
      state: 'ready',
      modelId: 'demo',
      contextTokens: 4096,
      plan: { contextTokens: 4096 },
    })
    await status(({ state }) => state === 'ready')
    const progress = seen.filter(({ state }) => state === 'loading').map((one) => one.progress!)
    expect(progress.length).toBeGreaterThan(1)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
  })

  test('of another model makes it the current one and puts the first away', async () => {
    const golden = await addGolden('qwen2vl')
    await client.engine.load({ modelId: 'demo' })
    expect(await client.engine.load({ modelId: golden })).toMatchObject({ state: 'ready', modelId: golden })
    expect(await client.engine.load({ modelId: 'demo' })).toMatchObject({ state: 'ready', modelId: 'demo' })
    await expect(client.engine.load({ modelId: 'gone' })).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('as the user places it, which is kept for the questions to come', async () => {
    const placement: Placement = { contextTokens: 1024, gpuLayers: 0, kvType: 'q8_0' }
    const placed = await client.engine.load({ placement })
    expect(placed).toMatchObject({ contextTokens: 1024, plan: { gpuLayers: 0 } })
    // keys and values of 4 layers, 2 heads of 32 numbers, 34 bytes for each 32
    expect(placed.plan!.parts[0]!.kv).toBe(4 * 2 * 2 * 34 * 1024)
    await status(({ state }) => state === 'ready')
    seen = []
    const { conversationId } = await client.ask.send({ conversationId: null, parts: [{ type: 'text', text: 'Hello' }] })
    for await (const event of await client.conversations.watch({ id: conversationId })) {
      const messages = event.type === 'snapshot' ? event.messages : event.type === 'message' ? [event.message] : []
      if (messages.some(({ role, status }) => role === 'assistant' && status !== 'streaming')) break
    }
    expect(seen.filter(({ state }) => state === 'loading')).toEqual([])
    expect((await client.engine.load()).contextTokens).toBe(1024)
  })

  test('is ended by cancelling it, and works again afterwards', async () => {
    const load = client.engine.load()
    const ended = expect(load).rejects.toEqual(interrupted)
    await status(({ state }) => state === 'loading')
    await client.engine.cancelLoad()
    await ended
    expect(await status(({ state }) => state !== 'loading')).toMatchObject({
      state: 'off',
      progress: null,
      error: null,
    })
    expect((await client.engine.load()).state).toBe('ready')
    await client.engine.cancelLoad()
    expect((await client.engine.load()).state).toBe('ready')
  })

  test('is ended by aborting the call', async () => {
    const abort = new AbortController()
    const ended = expect(client.engine.load({}, { signal: abort.signal })).rejects.toThrow()
    await status(({ state }) => state === 'loading')
    abort.abort()
    await ended
    expect(await status(({ state }) => state !== 'loading')).toMatchObject({ state: 'off', error: null })
  })

  test('gives up what is under way for what is wanted now, not for the same again', async () => {
    const golden = await addGolden('qwen25vl')
    const first = expect(client.engine.load({ modelId: 'demo' })).rejects.toEqual(interrupted)
    const second = client.engine.load({ modelId: golden })
    const again = client.engine.load({ modelId: golden })
    await first
    expect((await second).modelId).toBe(golden)
    expect((await again).state).toBe('ready')
  })
})

describe('a plan', () => {
  test('tells what a placement costs and what that means, loading nothing', async () => {
    const small = await client.engine.plan({ modelId: 'demo', placement: { ...any, contextTokens: 1024 } })
    const large = await client.engine.plan({ modelId: 'demo', placement: { ...any, contextTokens: 4096 } })
    expect(MemoryPlan.parse(small.plan).contextTokens).toBe(1024)
    expect(large.plan.parts[0]!.kv).toBe(4 * small.plan.parts[0]!.kv)
    expect(large.fit).toMatchObject({
      contextTokens: 4096,
      sentence: expect.stringMatching(/4,096 tokens of context/) as string,
    })
    expect(seen.every(({ state }) => state === 'off')).toBe(true)
    await expect(client.engine.plan({ modelId: 'gone', placement: any })).rejects.toMatchObject({ code: 'NotFound' })
  })

  test('is what loading it then takes', async () => {
    const placement: Placement = { contextTokens: 2048, gpuLayers: null, kvType: 'q4_0' }
    const { plan } = await client.engine.plan({ modelId: 'demo', placement })
    const loaded = await client.engine.load({ placement })
    expect(loaded.plan!.parts.map(({ kv, weights, overhead }) => ({ kv, weights, overhead }))).toEqual(
      plan.parts.map(({ kv, weights, overhead }) => ({ kv, weights, overhead })),
    )
  })
})
