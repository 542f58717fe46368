import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createApp } from './app.ts'
import { ATTACHMENTS } from './browserShell/attachmentRoutes.ts'
import { builtWindow } from './browserShell/folders.ts'
import { serveBrowser } from './browserShell/server.ts'
import type { BrowserServer } from './browserShell/server.ts'
import { secretsFile } from './lib/secretsFile.ts'
import { forkWorker } from './nodePorts.ts'
import type { HostInfo, Paths } from './ports.ts'

export { userFolders } from './browserShell/folders.ts'
export { openWindow } from './browserShell/openWindow.ts'
export type { AppWindow } from './browserShell/openWindow.ts'

export interface BrowserShellOptions {
  readonly paths: Paths
  /** Folder of the built window. */
  readonly uiFolder?: string
  /** Port on 127.0.0.1; 0: a free one. */
  readonly port?: number
}

/** The core and its server on loopback; `close` ends both and frees the data folder. */
export type BrowserShell = BrowserServer

/**
 * Starts the core in this process and serves its window to browsers on this computer. Throws Busy when another process
 * has the data folder or the port, StorageFailed when the folder cannot be used.
 */
export async function startBrowserShell({
  paths,
  uiFolder = builtWindow,
  port = 0,
}: BrowserShellOptions): Promise<BrowserShell> {
  const secrets = secretsFile(join(paths.data, 'secrets.json'))
  const without = { dialogs: null, files: null, capture: null, shortcuts: null }
  const app = createApp({ host: hostInfo(), paths, spawnWorker: forkWorker, secrets, ...without })
  try {
    const server = await serveBrowser({ app, uiFolder, port })
    const close = async () => {
      await server.close()
      await app.close()
    }
    return { ...server, close }
  } catch (error) {
    await app.close()
    throw error
  }
}

function hostInfo(): HostInfo {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const { platform } = process
  const known = platform === 'win32' || platform === 'darwin' || platform === 'linux' ? platform : 'other'
  return { name: 'Sightline', version, platform: known, attachments: ATTACHMENTS, tray: false, filePaths: false }
}
