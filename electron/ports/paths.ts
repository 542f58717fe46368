import { join } from 'node:path'
import { app } from 'electron'
import type { Paths } from '../../main/ports.ts'

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
