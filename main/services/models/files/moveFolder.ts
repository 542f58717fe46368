import { randomBytes } from 'node:crypto'
import {
  link,
  lstat,
  mkdir,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { AppError } from '#contract'
import { sha256Of } from '../../../lib/files/files.ts'
import type { Work } from '../types.ts'
import { isWithin, needRoom, realOf, toDiskError } from './disk.ts'
import type { ReadRoom } from './disk.ts'
import { copyFile } from './importCopy.ts'
import { isTemporary, temporaryName } from './removeFiles.ts'

/** Makes a second name for a file on the same disk. */
export type LinkFile = (from: string, to: string) => Promise<void>

export interface FolderMove {
  readonly from: string
  readonly to: string
  readonly readRoom: ReadRoom
  /** Tests stand in for another disk with one that fails. */
  readonly linkFile?: LinkFile
  /** Records the new folder and paths, all or nothing. Until then everything is in both places, then the old one is emptied. */
  readonly commit: () => void
}

/** What a disk answers when it cannot give a file a second name: another disk, or a file system without links. */
const NO_LINKS = ['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EISDIR']

/**
 * Moves all that is in the models folder. On the same disk files get a second name in the new place; elsewhere they are
 * copied and read back. Only when all are in place the move is committed, and only then the old names are removed: an
 * abort, a failure or the end of the process at any time leaves the files where they were. What cannot be removed stays.
 * @throws AppError InvalidInput, DiskFull, StorageFailed, FileChanged, and what `commit` throws; the signal's reason.
 */
export async function moveFolder(move: FolderMove, work: Work): Promise<void> {
  const { from, to, readRoom, linkFile = link, commit } = move
  const { signal } = work
  const target = await checkTarget(from, to)
  if (target === 'same') return commit()
  const made = await mkdir(to, { recursive: true }).catch((error: unknown) => {
    throw toDiskError(error, `Making the folder ${to}`)
  })
  const staging = join(to, temporaryName('moving', randomBytes(6).toString('hex')))
  const placed: string[] = []
  let tree: Tree = { folders: [], files: [], links: [] }
  try {
    if (await lstat(from).catch(() => null)) tree = await readTree(from, signal)
    const top = topOf(tree)
    for (const name of top) if (await lstat(join(to, name)).catch(() => null)) throw occupied(to, name)
    await mkdir(staging)
    await fill(tree, { from, staging, to, readRoom, linkFile }, work)
    signal.throwIfAborted()
    for (const name of top) {
      await rename(join(staging, name), join(to, name))
      placed.push(join(to, name))
    }
    await rmdir(staging)
    commit()
  } catch (error) {
    for (const path of [staging, ...placed]) await rm(path, { recursive: true, force: true }).catch(() => {})
    if (made) await removeMade(to, dirname(made))
    throw toDiskError(error, 'Moving the models folder')
  }
  await removeOld(from, tree)
}

/** @throws AppError InvalidInput when one folder is in the other, or `to` is no folder. */
async function checkTarget(from: string, to: string): Promise<'same' | 'other'> {
  const refused = (message: string) => new AppError('InvalidInput', message, { folder: to })
  if (!isAbsolute(to)) throw refused(`${to} is not the full path of a folder. Choose a folder.`)
  const [source, target] = [await realOf(from), await realOf(to)]
  if (source === target) return 'same'
  if (isWithin(source, target) || isWithin(target, source))
    throw refused('One of the two folders is in the other. Choose a folder beside it or on another disk.')
  const info = await stat(to).catch(() => null)
  if (info && !info.isDirectory()) throw refused(`${to} is a file. Choose a folder.`)
  return 'other'
}

const topOf = ({ folders, files, links }: Tree) =>
  [...folders, ...files.map(({ path }) => path), ...links].filter((path) => dirname(path) === '.')

/** Brings the whole tree into `staging`: second names where the disk allows, checked copies elsewhere. */
async function fill(
  { folders, files, links }: Tree,
  { from, staging, to, readRoom, linkFile }: Required<Omit<FolderMove, 'commit'>> & { readonly staging: string },
  { onProgress, signal }: Work,
): Promise<void> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  let [done, total, left] = [0, bytes, bytes]
  let copies = false
  for (const folder of folders) await mkdir(join(staging, folder))
  for (const { path, bytes: size } of files) {
    signal.throwIfAborted()
    const [source, target] = [join(from, path), join(staging, path)]
    if (!copies) {
      copies = !(await linked(linkFile, source, target))
      if (copies) {
        await needRoom(to, left, readRoom)
        // each copy is read once more
        total += left
      } else onProgress((done += size), total)
    }
    if (copies) {
      const count = (part: number) => onProgress((done += part), total)
      const digest = await copyFile(source, target, signal, count)
      if ((await sha256Of(target, signal, count)) !== digest) throw arrivedDamaged(path)
    }
    left -= size
  }
  for (const path of links) await symlink(await linkTarget(from, to, path), join(staging, path))
}

async function linked(linkFile: LinkFile, from: string, to: string): Promise<boolean> {
  try {
    await linkFile(from, to)
    return true
  } catch (error) {
    if (NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) return false
    throw error
  }
}

/** Where a link of the tree leads after the move: links within the tree stay relative, others become absolute. */
async function linkTarget(from: string, to: string, path: string): Promise<string> {
  const written = await readlink(join(from, path))
  const leads = resolve(from, dirname(path), written)
  if (!isWithin(resolve(from), leads)) return leads
  return isAbsolute(written) ? join(resolve(to), relative(resolve(from), leads)) : written
}

/** Removes the old names of what was moved, and folders that are empty then. */
async function removeOld(from: string, { folders, files, links }: Tree): Promise<void> {
  for (const path of [...files.map((file) => file.path), ...links]) await unlink(join(from, path)).catch(() => {})
  for (const folder of [...folders.toReversed(), '']) await rmdir(join(from, folder)).catch(() => {})
}

/** Removes folders that were made for the move, unless something else has come into them. */
async function removeMade(path: string, outer: string): Promise<void> {
  for (let at = resolve(path); at !== outer; at = dirname(at))
    if (
      !(await rmdir(at).then(
        () => true,
        () => false,
      ))
    )
      return
}

function occupied(to: string, name: string): AppError {
  const message = `${to} already has something named ${name}. Choose another folder, or move that away first.`
  return new AppError('InvalidInput', message, { folder: to, name })
}

function arrivedDamaged(path: string): AppError {
  const message = `${path} arrived damaged on the new disk. Nothing was changed; check the disk, or choose another folder.`
  return new AppError('DigestMismatch', message, { path })
}

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

/** What is in a folder, paths relative to it, folders before what is in them. Other things (pipes, sockets) are left out. */
interface Tree {
  readonly folders: readonly string[]
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  readonly links: readonly string[]
}

/** All that is in `folder`, without following links and without files on their way. Throws the file system's errors. */
async function readTree(folder: string, signal: AbortSignal): Promise<Tree> {
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
