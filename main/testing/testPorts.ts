import { join, resolve } from 'node:path'
import type { Ports, SpawnWorker } from '../ports.ts'

/** Refuses to start processes: for tests whose engine is scripted and whose pictures are already stored. */
const noWorkers: SpawnWorker = (name) => {
  throw new Error(`This test starts no worker, but ${name} was asked for.`)
}

/** Ports on a folder: a shell without dialogs, the app's own resources. */
export function testPorts(folder: string, overrides: Partial<Ports> = {}): Ports {
  return {
    host: {
      name: 'Test',
      version: '0.0.0',
      platform: 'other',
      attachments: 'test://attachments/',
      tray: false,
      filePaths: false,
    },
    paths: {
      data: join(folder, 'data'),
      cache: join(folder, 'cache'),
      resources: resolve(import.meta.dirname, '../../resources'),
    },
    spawnWorker: noWorkers,
    dialogs: null,
    files: null,
    secrets: null,
    capture: null,
    shortcuts: null,
    ...overrides,
  }
}
