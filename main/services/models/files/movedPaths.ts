import { realpath } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { isWithin, realOf } from './disk.ts'

/** Where the files in the models folder `from` will lie when it is `to`, by the path they have now. */
export async function movedPaths(paths: readonly string[], from: string, to: string): Promise<Map<string, string>> {
  const folders = [resolve(from), await realOf(from)]
  const moved = new Map<string, string>()
  for (const path of paths) {
    const names = [path, await realpath(path).catch(() => path)]
    for (const [i, name] of names.entries())
      if (!moved.has(path) && isWithin(folders[i]!, name)) moved.set(path, resolve(to, relative(folders[i]!, name)))
  }
  return moved
}
