import type { App } from 'electron'
import { errorFields, openLog } from '../main/lib/log/log.ts'
import type { FileLog } from '../main/lib/log/log.ts'

/**
 * Opens the log of the main process, `main.log` in `folder`, and notes in it how this process starts and is quit, which
 * process of the app or of a page ended by itself and why, and what ends this one.
 */
export function openMainLog(app: Pick<App, 'on' | 'getVersion'>, folder: string): FileLog {
  const log = openLog({ folder, part: 'main' })
  const { electron = '', chrome = '' } = process.versions
  log.info('main.started', { version: app.getVersion(), electron, chrome, platform: process.platform })
  app.on('child-process-gone', (_event, { type, name = '', reason, exitCode }) => {
    const tell = reason === 'clean-exit' || reason === 'killed' ? log.info : log.error
    tell('process.gone', { type, name, reason, exitCode })
  })
  app.on('render-process-gone', (_event, _contents, { reason, exitCode }) => {
    const tell = reason === 'clean-exit' ? log.info : log.error
    tell('window.gone', { reason, exitCode })
  })
  app.on('will-quit', () => log.info('main.quitting'))
  process.on('uncaughtExceptionMonitor', (error) => log.fatal('process.failed', errorFields(error)))
  return log
}
