import { homedir } from 'node:os'
import { join } from 'node:path'

/** The project's folder. */
export const root = join(import.meta.dirname, '..')
/** Everything that is built. */
export const dist = join(root, 'dist')

/** The user's own folder for what can be made again. */
export function userCache(platform: NodeJS.Platform = process.platform, env: NodeJS.ProcessEnv = process.env): string {
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'sightline')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'sightline')
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sightline')
}
