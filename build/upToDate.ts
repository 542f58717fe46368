import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

const isTest = (path: string) => /\.test\.tsx?$|(^|[\\/])testing[\\/]/.test(path)

/** True when `output` is there and no file of `sources` (files or folders under `root`, tests aside) is younger. */
export function isUpToDate(root: string, sources: readonly string[], output: string): boolean {
  const built = modified(output)
  return built !== null && sources.every((source) => newest(join(root, source)) <= built)
}

function newest(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return modified(path) ?? 0
  const files = globSync('**/*', { cwd: path }).filter((file) => !isTest(file))
  return Math.max(0, ...files.map((file) => modified(join(path, file)) ?? 0))
}

/** When a file was last written, in ms; null for what is no file. */
function modified(path: string): number | null {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats?.isFile() ? stats.mtimeMs : null
}
