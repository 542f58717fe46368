import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { awayDrive } from '../../../lib/files/index.ts'
import { isWithin } from '../files/disk.ts'

const MAX_DEPTH = 10
const MAX_ENTRIES = 100_000
const MAX_FILES = 2000

/** A file that was found; `real` is where it lies when `path` is a link. */
export interface FoundFile {
  readonly path: string
  readonly real: string
}

export interface Found {
  readonly files: readonly FoundFile[]
  /** Links to what lies on drives that are not connected. */
  readonly away: readonly { readonly path: string; readonly drive: string }[]
  /** Folders that are laid out as Ollama's store; nothing in them is among the files. */
  readonly stores: readonly string[]
}

/**
 * Files in `root` and below whose names are wanted. Links are followed wherever they lead, except to what `root` itself lies
 * in; each folder is visited once, hidden folders and what cannot be read are passed over, and the search ends after 10
 * levels, 100,000 entries or 2,000 files. @throws the signal's reason when it aborts.
 */
export async function findFiles(
  root: string,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<Found> {
  const files: FoundFile[] = []
  const away: { path: string; drive: string }[] = []
  const stores: string[] = []
  const visited = new Set<string>()
  const outer = await realpath(root).catch(() => null)
  if (outer === null) {
    const drive = await awayDrive(root)
    return { files, away: drive === null ? [] : [{ path: root, drive }], stores }
  }
  let entries = 0
  const enter = async (path: string, depth: number): Promise<void> => {
    const real = await realpath(path).catch(() => null)
    if (real !== null && !isWithin(real, outer)) await visit(path, real, depth)
  }
  const visit = async (folder: string, real: string, depth: number): Promise<void> => {
    if (visited.has(real) || depth > MAX_DEPTH) return
    visited.add(real)
    const listed = await readdir(folder, { withFileTypes: true }).catch(() => [])
    const names = new Set(listed.map(({ name }) => name))
    if (names.has('manifests') && names.has('blobs') && depth > 0) {
      stores.push(folder)
      return
    }
    for (const entry of listed.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      signal?.throwIfAborted()
      if (files.length >= MAX_FILES || ++entries > MAX_ENTRIES) return
      const { name } = entry
      const path = join(folder, name)
      // a file or folder that is no link lies where it is: its real path needs no question
      if (entry.isDirectory()) {
        if (!name.startsWith('.')) await visit(path, join(real, name), depth + 1)
      } else if (entry.isFile()) {
        if (isWanted(name)) files.push({ path, real: join(real, name) })
      } else if (entry.isSymbolicLink()) {
        const info = await stat(path).catch(() => null)
        if (info?.isDirectory() && !name.startsWith('.')) await enter(path, depth + 1)
        else if (info?.isFile() && isWanted(name)) files.push({ path, real: await realpath(path) })
        else if (info === null) {
          const drive = await awayDrive(path)
          if (drive !== null) away.push({ path, drive })
        }
      }
    }
  }
  await visit(root, outer, 0)
  return { files, away, stores }
}

/** Whether a name is that of a model file, or of a piece of one that was cut up for its download. */
export const isModelName = (name: string): boolean =>
  extname(name).toLowerCase() === '.gguf' || /\.gguf\.part\d+of\d+$/i.test(name)
