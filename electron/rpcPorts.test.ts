import { shellMessages } from '#contract'
import type { IpcMain } from 'electron'
import { expect, test, vi } from 'vitest'
import { handleGivenFiles, handlePortRequests } from './rpcPorts.ts'
import type { StandInPort } from './testing/utilityProcess.ts'

vi.mock('electron', async () => await import('./testing/utilityProcess.ts'))

test('a core that fails once it has its end of the channel is not left with one that leads nowhere', async () => {
  const ended = Promise.withResolvers<void>()
  const told = Promise.withResolvers<unknown[]>()
  const core = {
    running: async () =>
      ({
        async serve(port: StandInPort) {
          const own = port.handOn()
          own.on('close', ended.resolve)
          own.start()
          throw new Error('Its process ended.')
        },
      }) as never,
    restart: () => {},
  }
  const listeners = new Map<string, (event: unknown) => void>()
  const ipcMain = { on: (channel: string, listener: never) => void listeners.set(channel, listener) }
  handlePortRequests(ipcMain as never, core)
  const postMessage = (...message: unknown[]) => told.resolve(message)
  listeners.get(shellMessages.port)?.({ senderFrame: { origin: 'app://sightline', parent: null, postMessage } })
  expect(await told.promise).toMatchObject([shellMessages.stopped, {}])
  await ended.promise
})

test('the core hears of files that were given to the top frame of the window itself, and of nobody else’s', async () => {
  const given: string[] = []
  const core = { running: async () => ({ giveFile: async (path: string) => void given.push(path) }) as never }
  let tell: Parameters<IpcMain['handle']>[1] = () => expect.fail('nobody listens')
  handleGivenFiles(
    {
      handle(channel, listener) {
        expect(channel).toBe(shellMessages.given)
        tell = listener
      },
    },
    core,
  )
  const from = (senderFrame: object | null, path: unknown) => tell({ senderFrame } as never, path) as Promise<void>
  await from({ origin: 'http://evil.test', parent: null }, '/evil')
  await from({ origin: 'app://sightline', parent: {} }, '/framed')
  await from({ origin: 'app://attachment', parent: null }, '/attachment')
  await from(null, '/gone')
  await from({ origin: 'app://sightline', parent: null }, { path: '/odd' })
  await from({ origin: 'app://sightline', parent: null }, '/home/ada/cat.png')
  expect(given).toEqual(['/home/ada/cat.png'])
})
