import { join } from 'node:path'
import { app } from 'electron'
import type { Capture, HostInfo, Paths } from '../../main/ports.ts'
import type { ShellPorts } from '../core/link.ts'
import type { Workers } from '../core/utility.ts'
import { ATTACHMENT_ADDRESS } from '../protocol/index.ts'
import type { CaptureWindows } from '../windows/captureWindows.ts'
import { isWayland, screenCapture } from './capture.ts'
import { dialogs } from './dialogs.ts'
import { files } from './files.ts'
import { keychainSecrets } from './secrets.ts'
import { globalShortcuts } from './shortcuts.ts'

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
