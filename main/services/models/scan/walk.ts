import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { isWithin } from '../files/disk.ts'

const MAX_DEPTH = 10
const MAX_ENTRIES = 100_000
const MAX_FILES = 2000

/** A file that was found; `real` is where it lies when `path` is a link. */
export interface FoundFile {
  readonly path: string
  readonly real: string
}

/**
 * Files in `root` and below whose name ends in one of `endings` (lower case, with the dot; '': all). Links are followed
 * as long as they stay in `root`, each folder is visited once, hidden folders and what cannot be read are passed over, and
 * the search ends after 10 levels, 100,000 entries or 2,000 files. @throws the signal's reason when it aborts.
 */
export async function findFiles(root: string, endings: readonly string[], signal?: AbortSignal): Promise<FoundFile[]> {
  const outer = await realpath(root).catch(() => null)
  if (outer === null) return []
  const found: FoundFile[] = []
  const visited = new Set<string>()
  let entries = 0
  const isWanted = (name: string) => endings.some((ending) => ending === '' || extname(name).toLowerCase() === ending)
  const visit = async (folder: string, real: string, depth: number): Promise<void> => {
    if (visited.has(real) || depth > MAX_DEPTH) return
    visited.add(real)
    const names = await readdir(folder).catch(() => [])
    for (const name of names.sort()) {
      signal?.throwIfAborted()
      if (found.length >= MAX_FILES || ++entries > MAX_ENTRIES) return
      const path = join(folder, name)
      const there = await realpath(path).catch(() => null)
      if (there === null || !isWithin(outer, there)) continue
      const info = await stat(there).catch(() => null)
      if (info?.isDirectory() && !name.startsWith('.')) await visit(path, there, depth + 1)
      else if (info?.isFile() && isWanted(name)) found.push({ path, real: there })
    }
  }
  await visit(root, outer, 0)
  return found
}
