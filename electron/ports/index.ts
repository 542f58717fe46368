import { join } from 'node:path'
import { app } from 'electron'
import type { Capture, HostCommands, HostInfo, Paths, Ports } from '../../main/ports.ts'
import { ATTACHMENT_ADDRESS } from '../protocol/index.ts'
import type { CaptureWindows } from '../windows/captureWindows.ts'
import { isWayland, screenCapture } from './capture.ts'
import { dialogs } from './dialogs.ts'
import { files } from './files.ts'
import { keychainSecrets } from './secrets.ts'
import { globalShortcuts } from './shortcuts.ts'
import { utilityWorkers } from './spawnWorker.ts'

/** What the shell has set up before the core starts. */
export interface ShellParts {
  readonly paths: Paths
  readonly commands: HostCommands
  /** Whether there is an icon in the tray. */
  readonly tray: boolean
  readonly windows: CaptureWindows
  readonly showWindow: Capture['showWindow']
}

/** Everything the core needs of this shell. `dist` is the folder of the built app. */
export function electronPorts(dist: string, { paths, commands, tray, windows, showWindow }: ShellParts): Ports {
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
    spawnWorker: utilityWorkers(join(dist, 'workers')),
    dialogs,
    files,
    secrets: keychainSecrets(join(paths.data, 'secrets.json')),
    commands,
    capture: screenCapture({ windows, showWindow }),
    shortcuts: isWayland(process.platform, process.env) ? null : globalShortcuts(),
  }
}

function platform(): HostInfo['platform'] {
  const { platform } = process
  return platform === 'win32' || platform === 'darwin' || platform === 'linux' ? platform : 'other'
}
