import { once } from 'node:events'
import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Client } from '../main/rpc/memoryClient.ts'
import { tempFolder } from '../main/testing/tempFolder.ts'
import { startDev } from './dev.ts'
import type { DevApp } from './dev.ts'

let folder: ReturnType<typeof tempFolder>
let dev: DevApp
beforeAll(async () => {
  folder = tempFolder()
  dev = await startDev({ args: ['--data', folder.path] })
}, 60_000)
afterAll(async () => {
  await dev.close()
  folder.remove()
})

const socket = (origin: string) => new WebSocket(`${dev.url.replace('http', 'ws')}rpc`, { headers: { origin } })

async function connect(): Promise<{ client: Client; close: () => void }> {
  const websocket = socket(new URL(dev.url).origin)
  await once(websocket, 'open')
  return { client: createORPCClient(new RPCLink({ websocket: websocket as never })), close: () => websocket.close() }
}

test('the window is served from its sources, with what changes them in place', async () => {
  const page = await (await fetch(dev.url)).text()
  expect(page).toContain('/@vite/client')
  const script = await fetch(new URL('/app/main.tsx', dev.url))
  expect(script.status).toBe(200)
})

test('the window reaches the core without a key, and again after the core was started anew', async () => {
  const before = await connect()
  await before.client.settings.update({ systemPrompt: 'kept' })
  await dev.restartCore()
  const after = await connect()
  for await (const settings of await after.client.settings.watch()) {
    expect(settings.systemPrompt).toBe('kept')
    break
  }
  after.close()
}, 60_000)

test('another page reaches nothing', async () => {
  const foreign = socket('http://127.0.0.1:1')
  const [error] = (await once(foreign, 'error')) as [Error]
  expect(error.message).toMatch(/403|401|hang up/)
  const posted = await fetch(new URL('/attachments/?name=x', dev.url), {
    method: 'POST',
    headers: { origin: 'http://evil.example' },
    body: 'x',
  })
  expect(posted.status).toBe(403)
})
