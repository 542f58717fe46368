import { join } from 'node:path'
import { app } from 'electron'
import type { HostInfo, Ports } from '../../main/ports.ts'
import { ATTACHMENT_ADDRESS } from '../protocol/index.ts'
import { dialogs } from './dialogs.ts'
import { files } from './files.ts'
import { appPaths } from './paths.ts'
import { keychainSecrets } from './secrets.ts'
import { utilityWorkers } from './spawnWorker.ts'

/** Everything the core needs of this shell. `dist` is the folder of the built app. */
export function electronPorts(dist: string): Ports {
  const paths = appPaths(join(dist, '..'))
  return {
    host: { name: 'Sightline', version: app.getVersion(), platform: platform(), attachments: ATTACHMENT_ADDRESS },
    paths,
    spawnWorker: utilityWorkers(join(dist, 'workers')),
    dialogs,
    files,
    secrets: keychainSecrets(join(paths.data, 'secrets.json')),
  }
}

function platform(): HostInfo['platform'] {
  const { platform } = process
  return platform === 'win32' || platform === 'darwin' || platform === 'linux' ? platform : 'other'
}
