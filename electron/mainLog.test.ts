import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../main/testing/tempFolder.ts'
import { openMainLog } from './mainLog.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => {
  process.removeAllListeners('uncaughtExceptionMonitor')
  folder.remove()
})

test('the main process notes its start, processes that ended by themselves with their reason, and its end', async () => {
  const app = Object.assign(new EventEmitter(), { getVersion: () => '1.2.3' })
  const log = openMainLog(app as never, folder.path)
  app.emit('child-process-gone', {}, { type: 'GPU', name: 'gpu', reason: 'crashed', exitCode: 139 })
  app.emit('child-process-gone', {}, { type: 'Utility', reason: 'clean-exit', exitCode: 0 })
  app.emit('render-process-gone', {}, {}, { reason: 'oom', exitCode: 1 })
  app.emit('will-quit')
  await log.close()
  const lines = readFileSync(join(folder.path, 'main.log'), 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { part: 'main', level: 'info', event: 'main.started', fields: { version: '1.2.3' } },
    { level: 'error', event: 'process.gone', fields: { type: 'GPU', reason: 'crashed', exitCode: 139 } },
    { level: 'info', event: 'process.gone', fields: { type: 'Utility', name: '' } },
    { level: 'error', event: 'window.gone', fields: { reason: 'oom' } },
    { level: 'info', event: 'main.quitting' },
  ])
})
