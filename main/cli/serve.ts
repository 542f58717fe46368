import { parseArgs } from 'node:util'
import { AppError } from '#contract'
import { openWindow, startBrowserShell, userFolders } from '../browserShell.ts'
import type { AppWindow, BrowserShell } from '../browserShell.ts'
import { resourcesPath } from '../nodePorts.ts'
import { integer, runCommand, UsageError } from './usage.ts'

const USAGE = `sightline serve [options]

Serves the window to browsers on this computer and opens it where there is a display.

  --port N     the port on 127.0.0.1 (default: a free one)
  --data DIR   where conversations and pictures are kept (default: the user's application data)
  --no-open    print the address only

Ends with Ctrl+C, or when its window is closed. Exit codes: 0 ended, 2 bad usage, 4 it could not start.
`

const options = {
  port: { type: 'string' },
  data: { type: 'string' },
  'no-open': { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** `sightline serve`: the app for a browser, until a signal or until its window is closed. Returns the exit code. */
export function serve(argv: string[]): Promise<number> {
  return runCommand(USAGE, async () => {
    const { port, data, 'no-open': noOpen, help } = parse(argv)
    if (help) {
      process.stdout.write(USAGE)
      return 0
    }
    const stopped = stopSignal()
    const folders = userFolders(data)
    let shell: BrowserShell
    try {
      shell = await startBrowserShell({ paths: { ...folders, resources: resourcesPath }, port })
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      process.stderr.write(`${error.code}: ${error.message}\n`)
      return 4
    }
    process.stdout.write(`Sightline is at ${shell.url}\n`)
    const window = noOpen ? null : openWindow(shell.visitUrl(), folders.window)
    await Promise.race(window ? [stopped, closed(window, shell)] : [stopped])
    await shell.close()
    const opened = await window
    if (opened) opened.close()
    return 0
  })
}

function parse(argv: string[]): { port: number; data: string | undefined; 'no-open': boolean; help: boolean } {
  try {
    const { values } = parseArgs({ args: argv, options })
    const port = integer('port', values.port) ?? 0
    if (port > 65535) throw new UsageError(`--port wants a number up to 65535, not "${values.port}"`)
    if (values.data === '') throw new UsageError('--data wants a folder')
    return { port, data: values.data, 'no-open': values['no-open'] ?? false, help: values.help ?? false }
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** Settles at the first signal to end; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  return promise
}

/** Settles when the window was opened, is closed again and no other browser is connected. */
async function closed(opening: Promise<AppWindow | false>, shell: BrowserShell): Promise<void> {
  const window = await opening
  if (!window) {
    process.stdout.write('Open this address in a browser on this computer. Ctrl+C ends Sightline.\n')
    return new Promise(() => {})
  }
  await window.closed
  await shell.whenEmpty()
}
