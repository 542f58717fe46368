import { once } from 'node:events'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { AppError, defaultSettings } from '#contract'
import type { Settings } from '#contract'
import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { Emitter, eventStream } from '../lib/events.ts'
import { until } from '../testing/until.ts'
import { memoryChannels, messagePortChannel, webSocketChannel } from './channel.ts'
import { fromRpcError } from './errors.ts'
import { createMemoryClient } from './memoryClient.ts'
import type { Client } from './memoryClient.ts'
import { createRouter, createRpcServer } from './server.ts'
import type { Handlers, RpcServer } from './server.ts'

const changes = new Emitter<Settings>()
let watching: number
let fails: () => void
let defects: unknown[]
let server: RpcServer
const closers: (() => unknown)[] = []

const unused = () => {
  throw new Error('secret stack')
}
const handlers: Handlers = {
  host: { describe: unused, pickFile: ({ title }) => title, watch: unused },
  attachments: { storeFile: unused, takeOpened: () => [] },
  pages: { open: unused, takePage: unused, text: unused },
  inputs: { inspect: unused },
  engine: { watch: unused, load: unused, cancelLoad: unused, plan: unused, unload: () => fails() },
  models: { list: () => [], add: unused, choose: unused, remove: unused },
  modelFiles: { check: unused },
  library: {
    watch: unused,
    rename: unused,
    changeOverrides: unused,
    async *verify({ id }) {
      yield { doneBytes: 1, bytes: 2, result: null }
      throw new AppError('ModelNotFound', 'It is gone.', { id })
    },
    reveal: unused,
    uses: unused,
    remove: unused,
    space: unused,
    moveFolder: unused,
    scan: unused,
    import: unused,
    setAdapter: unused,
    tryProjectors: unused,
    chooseFamily: unused,
    projectors: unused,
    setProjector: unused,
  },
  catalogue: {
    repository: unused,
    examine: unused,
    list: unused,
    machine: unused,
    fits: unused,
    offer: unused,
    recommend: unused,
    tokens: unused,
    setToken: unused,
  },
  downloads: { watch: unused, start: unused, pause: unused, resume: unused, prioritise: unused, remove: unused },
  folders: { watch: unused, create: unused, rename: unused, remove: unused, move: unused },
  gallery: { list: unused, described: unused, describe: unused, forget: unused },
  exchange: { export: unused, import: unused },
  benchmark: { run: unused, results: unused, export: unused },
  conversations: {
    watchList: unused,
    watch: unused,
    messages: unused,
    media: unused,
    search: ({ limit }) => (limit === 30 ? [] : unused()),
    findIn: unused,
    answeredBy: unused,
    pin: unused,
    archive: unused,
    tag: unused,
    discard: unused,
    restore: unused,
    emptyTrash: unused,
    rename: unused,
    remove: unused,
    selectBranch: unused,
    editAnswer: unused,
    removeMessage: unused,
    map: unused,
  },
  ask: {
    send: unused,
    goOn: unused,
    retry: unused,
    stop: unused,
    ended: unused,
    count: unused,
    prepare: unused,
    checkFormat: unused,
    recentFormats: unused,
    endComparing: unused,
  },
  drafts: { get: unused, save: unused },
  videos: { plan: unused, begin: unused, extract: unused },
  capture: {
    watch: unused,
    start: unused,
    cancel: unused,
    openSettings: unused,
    sources: unused,
    allow: unused,
    screen: unused,
    windows: unused,
    painted: unused,
    choose: unused,
    chosen: unused,
    placePanel: unused,
    open: unused,
  },
  presets: {
    watch: unused,
    create: unused,
    update: unused,
    duplicate: unused,
    remove: unused,
    export: unused,
    import: unused,
  },
  profiles: { watch: unused, check: unused, save: unused, remove: unused },
  settings: {
    watch: (_, { signal }) =>
      eventStream(
        ({ push }) => {
          watching++
          const off = changes.on(push)
          push(defaultSettings)
          return () => {
            watching--
            off()
          }
        },
        { signal, capacity: 20 },
      ),
    update: (patch) => ({ ...defaultSettings, ...patch }),
  },
  diagnostics: { read: unused, showLogs: unused },
}

beforeEach(() => {
  watching = 0
  defects = []
  fails = () => {}
  server = createRpcServer(createRouter(handlers), (error) => defects.push(error))
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A real WebSocket server on loopback that serves every connection. */
async function socketServer(): Promise<number> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  sockets.on('connection', (socket) => server.serve(webSocketChannel(socket)))
  await once(sockets, 'listening')
  closers.push(() => {
    for (const socket of sockets.clients) socket.terminate()
    return new Promise((resolve) => sockets.close(resolve))
  })
  return (sockets.address() as AddressInfo).port
}

const transports: Record<string, () => Promise<{ client: Client; close: () => void }>> = {
  memory: async () => createMemoryClient(server.serve),
  'message port': async () => {
    const { port1, port2 } = new MessageChannel()
    server.serve(messagePortChannel(port1 as unknown as Parameters<typeof messagePortChannel>[0]))
    port2.start()
    return { client: createORPCClient(new PortLink({ port: port2 as never })), close: () => port2.close() }
  },
  WebSocket: async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${await socketServer()}`)
    await once(socket, 'open')
    return { client: createORPCClient(new SocketLink({ websocket: socket as never })), close: () => socket.terminate() }
  },
}

describe.each(Object.entries(transports))('over %s', (_, connectClient) => {
  let client: Client
  let close: () => void
  beforeEach(async () => {
    ;({ client, close } = await connectClient())
    closers.push(close)
  })

  test('calls are answered, with defaults filled in and values trimmed by the contract', async () => {
    expect(await client.host.pickFile({ title: 'Ünï 图 😀', extensions: [] })).toBe('Ünï 图 😀')
    expect(await client.conversations.search({ query: 'x' })).toEqual([])
  })

  test('a typed error arrives with code, message and detail', async () => {
    fails = () => {
      throw new AppError('ContextFull', 'Too long.', { needed: 2, free: 1 })
    }
    const error = fromRpcError(await client.engine.unload().catch((thrown: unknown) => thrown))
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).toInfo()).toEqual({
      code: 'ContextFull',
      message: 'Too long.',
      detail: { needed: 2, free: 1 },
    })
  })

  test('a stream brings events until its reader leaves; then nothing is left on the serving side', async () => {
    const stream = await client.settings.watch()
    expect((await stream.next()).value).toEqual(defaultSettings)
    changes.emit({ ...defaultSettings, theme: 'dark' })
    expect((await stream.next()).value).toMatchObject({ theme: 'dark' })
    expect(watching).toBe(1)
    await stream.return?.(undefined)
    await until(() => watching === 0)
  })

  test('a stream that fails brings its typed error', async () => {
    const stream = await client.library.verify({ id: 'x' })
    expect((await stream.next()).value).toEqual({ doneBytes: 1, bytes: 2, result: null })
    const error = fromRpcError(await stream.next().catch((thrown: unknown) => thrown))
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).toInfo()).toEqual({ code: 'ModelNotFound', message: 'It is gone.', detail: { id: 'x' } })
    expect(defects).toEqual([])
  })

  test('an aborted call ends its stream', async () => {
    const abort = new AbortController()
    const stream = await client.settings.watch(undefined, { signal: abort.signal })
    await stream.next()
    const waiting = stream.next().catch(() => 'aborted')
    abort.abort()
    await waiting
    await until(() => watching === 0)
  })

  test('a client that goes away without a word ends its streams', async () => {
    await (await client.settings.watch()).next()
    await (await client.settings.watch()).next()
    expect(watching).toBe(2)
    close()
    await until(() => watching === 0)
  })
})

describe('errors', () => {
  const failure = async (call: (client: Client) => Promise<unknown>) => {
    const { client } = createMemoryClient(server.serve)
    return (await call(client).then(unused, (error: unknown) => error)) as AppError & { stack: string }
  }

  test.each<[string, (client: Client) => Promise<unknown>, RegExp]>([
    ['a number out of range', (client) => client.conversations.search({ query: '', limit: 0 }), /^limit: /],
    [
      'a wrong type deep inside',
      (client) => client.ask.send({ conversationId: null, parts: [{ type: 'text', text: 1 as never }] }),
      /^parts\.0\.text: /,
    ],
    [
      'a sha that is none',
      (client) => client.ask.send({ conversationId: null, parts: [{ type: 'image', sha: '../../etc', name: 'x' }] }),
      /^parts\.0\.sha: /,
    ],
    ['no parts', (client) => client.ask.send({ conversationId: null, parts: [] }), /^parts: /],
    ['a blank title', (client) => client.conversations.rename({ id: 'x', title: '  ' }), /^title: /],
    ['nothing at all', (client) => client.conversations.remove(undefined as never), /^The request: /],
    ['two fields', (client) => client.conversations.rename({ id: '', title: '' }), /\(and 1 more\)$/],
  ])('refused input names the field: %s', async (_, call, message) => {
    const error = await failure(call)
    expect(error.code).toBe('InvalidInput')
    expect(error.message).toMatch(message)
    expect(defects).toEqual([])
  })

  test('an unexpected error tells the client nothing of itself and is heard on the serving side', async () => {
    const error = await failure((client) => client.host.describe())
    expect(error.message).toBe('Something in the app failed. Try again; if it happens again, restart the app.')
    expect(JSON.stringify(error)).not.toMatch(/secret|rpc\.test/)
    expect(defects).toMatchObject([{ message: 'secret stack' }])
  })

  test('an answer against the contract is a defect, not an answer', async () => {
    const { client } = createMemoryClient(
      createRpcServer(
        createRouter({ ...handlers, models: { ...handlers.models, list: () => [{}] as never } }),
        (error) => defects.push(error),
      ).serve,
    )
    await expect(client.models.list()).rejects.toThrow('Something in the app failed')
    expect(defects).toHaveLength(1)
  })

  test('a failure of the database is StorageFailed', async () => {
    fails = () => void new SQLite(':memory:').exec('SELECT nonsense')
    expect((await failure((client) => client.engine.unload())).code).toBe('StorageFailed')
  })

  test('a procedure that the contract does not have is refused', async () => {
    const client = createMemoryClient(server.serve).client as unknown as { nothing: { here: () => Promise<void> } }
    await expect(client.nothing.here()).rejects.toThrow()
    expect(defects).toEqual([])
  })
})

describe('clients that misbehave', () => {
  test.each([
    ['text that is no JSON', 'hello'],
    ['JSON of another shape', '{"a":1}'],
    ['null', 'null'],
    ['bytes', new Uint8Array([255, 0, 255])],
    ['an endless nesting', `${'['.repeat(100_000)}`],
    ['a request for the prototype', '{"i":"1","p":{"u":"/__proto__/constructor"}}'],
  ])('a message that cannot be read costs at most its own channel: %s', async (_, message) => {
    const [near, far] = memoryChannels()
    server.serve(far)
    void near.send(message)
    const { client } = createMemoryClient(server.serve)
    expect(await client.models.list()).toEqual([])
    expect(defects).toEqual([])
  })

  test('one that reads too slowly loses its stream; others get every event', async () => {
    const port = await socketServer()
    const socket = new WebSocket(`ws://127.0.0.1:${port}`)
    await once(socket, 'open')
    const { client } = createMemoryClient(server.serve)
    const fast = await client.settings.watch()
    await fast.next()
    const slow = await (createORPCClient(new SocketLink({ websocket: socket as never })) as Client).settings.watch()
    await slow.next()
    socket.pause()
    const systemPrompt = 'x'.repeat(100_000)
    let sent = 0
    while (watching === 2 && sent < 2000) {
      changes.emit({ ...defaultSettings, systemPrompt, maxTokens: ++sent })
      expect((await fast.next()).value).toMatchObject({ maxTokens: sent })
    }
    expect(watching).toBe(1)
    socket.terminate()
  })

  test('one whose connection is reset leaves the others served', async () => {
    const port = await socketServer()
    const raw = connect(port, '127.0.0.1')
    raw.write(
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    )
    await once(raw, 'data')
    raw.resetAndDestroy()
    const { client } = createMemoryClient(server.serve)
    expect(await client.models.list()).toEqual([])
  })
})
