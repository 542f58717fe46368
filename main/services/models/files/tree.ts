import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isTemporary } from './leftovers.ts'

/** What is in a folder, paths relative to it, folders before what is in them. Other things (pipes, sockets) are left out. */
export interface Tree {
  readonly folders: readonly string[]
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  readonly links: readonly string[]
}

/** All that is in `folder`, without following links and without files on their way. Throws the file system's errors. */
export async function readTree(folder: string, signal: AbortSignal): Promise<Tree> {
  const folders: string[] = []
  const files: { path: string; bytes: number }[] = []
  const links: string[] = []
  const visit = async (below: string) => {
    signal.throwIfAborted()
    for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
      const path = join(below, entry.name)
      if (below === '' && isTemporary(entry.name)) continue
      if (entry.isDirectory()) {
        folders.push(path)
        await visit(path)
      } else if (entry.isSymbolicLink()) links.push(path)
      else if (entry.isFile()) files.push({ path, bytes: (await lstat(join(folder, path))).size })
    }
  }
  await visit('')
  return { folders, files, links }
}
