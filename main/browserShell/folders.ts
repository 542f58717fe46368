import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a source checkout has the built window. */
export const builtWindow = fileURLToPath(new URL('../../dist/renderer', import.meta.url))

/**
 * Folders of the user's own application data, the same as the desktop app's, or all under `chosen` (as with --data).
 * `window` is the profile of the browser window.
 */
export function userFolders(
  chosen?: string,
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): { data: string; cache: string; window: string } {
  if (chosen !== undefined) {
    const data = resolve(chosen)
    return { data, cache: join(data, 'derived'), window: join(data, 'window') }
  }
  const base = join(applicationData(platform, env), 'sightline')
  return { data: join(base, 'data'), cache: join(base, 'derived'), window: join(base, 'window') }
}

function applicationData(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string {
  if (platform === 'win32') return env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support')
  return env['XDG_CONFIG_HOME'] || join(homedir(), '.config')
}
