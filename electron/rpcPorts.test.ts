import { shellMessages } from '#contract'
import type { IpcMain } from 'electron'
import { expect, test, vi } from 'vitest'
import { handleGivenFiles } from './rpcPorts.ts'

vi.mock('electron', () => ({ MessageChannelMain: class {} }))

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
