import { join } from 'node:path'
import { app } from 'electron'
import type { Capture, HostInfo, Paths } from '../../main/ports.ts'
import type { ShellPorts } from '../core/link.ts'
import type { Workers } from '../core/utility.ts'
import { ATTACHMENT_ADDRESS } from '../protocol.ts'
import type { CaptureWindows } from '../windows/captureWindows.ts'
import { isWayland, screenCapture } from './capture.ts'
import { dialogs, files, globalShortcuts, keychainSecrets } from './system.ts'

/**
 * Folders under the user's own application data. `resources` lies beside the archive once packaged; before that
 * SIGHTLINE_RESOURCES may name another folder, for tests.
 */
export function appPaths(sourceRoot: string): Paths {
  const userData = app.getPath('userData')
  return {
    data: join(userData, 'data'),
    cache: join(userData, 'derived'),
    resources: app.isPackaged
      ? join(process.resourcesPath, 'resources')
      : (process.env['SIGHTLINE_RESOURCES'] ?? join(sourceRoot, 'resources')),
  }
}

/** What the shell has set up before the core starts. */
export interface ShellParts {
  readonly paths: Paths
  readonly workers: Workers
  /** Whether there is an icon in the tray. */
  readonly tray: boolean
  readonly windows: CaptureWindows
  readonly showWindow: Capture['showWindow']
}

/** Everything the core needs of this shell. */
export function electronPorts({ paths, workers, tray, windows, showWindow }: ShellParts): ShellPorts {
  return {
    host: {
      name: 'Sightline',
      version: app.getVersion(),
      platform: platform(),
      attachments: ATTACHMENT_ADDRESS,
      tray,
      // only the top frame of the window's own page is given a line to the core
      filePaths: true,
    },
    paths,
    forkWorker: (name, onExit) => workers.fork(name, onExit),
    dialogs,
    files,
    secrets: keychainSecrets(join(paths.data, 'secrets.json')),
    capture: screenCapture({ windows, showWindow }),
    shortcuts: isWayland(process.platform, process.env) ? null : globalShortcuts(),
  }
}

function platform(): HostInfo['platform'] {
  const { platform } = process
  return platform === 'win32' || platform === 'darwin' || platform === 'linux' ? platform : 'other'
}
