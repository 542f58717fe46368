import { readdir, readlink, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Where systems put drives that come and go: the drive's own folder, in the first group. */
const DRIVES = [
  /^(\/Volumes\/[^/]+)/,
  /^(\/(?:run\/)?media\/[^/]+\/[^/]+)/,
  /^(\/mnt\/[^/]+)/,
  /^([A-Za-z]:\\)/,
  /^(\\\\[^\\]+\\[^\\]+)/,
]

/** What a disk answers that was there and is not any more. */
const GONE = ['EIO', 'ENXIO', 'ENODEV', 'ESTALE', 'EHOSTDOWN', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENOTCONN', 'EREMOTEIO']
const MAX_LINKS = 40

/** The drive that a path lies on when it is one that comes and goes: its folder; null for any other. */
export function driveOf(path: string): string | null {
  for (const pattern of DRIVES) {
    const drive = pattern.exec(path)?.[1]
    if (drive !== undefined) return drive
  }
  return null
}

/**
 * The drive that is not connected and on which `path` lies, also through links; null when the path is there, or gone from a
 * drive that is connected. `drive` tells the drive of a path. Never throws.
 */
export async function awayDrive(
  path: string,
  drive: (path: string) => string | null = driveOf,
): Promise<string | null> {
  let at = resolve(path)
  for (let links = 0; links < MAX_LINKS; links++) {
    const code = await stat(at).then(
      () => null,
      (error: unknown) => (error as NodeJS.ErrnoException).code ?? '',
    )
    if (code === null) return null
    const root = drive(at)
    if (root !== null && (GONE.includes(code) || (await isEmpty(root)))) return root
    if (GONE.includes(code)) return dirname(at)
    const target = await brokenLink(at)
    if (target === null) return null
    at = target
  }
  return null
}

/** Looks every `everyMs` whether the drive of one of the paths has come or gone since, and tells then; returns how to stop it. */
export function watchDrives(
  paths: () => readonly string[],
  listener: () => void,
  everyMs: number,
  drive?: (path: string) => string | null,
): () => void {
  let known: string | null = null
  const look = async () => {
    const drives = await Promise.all(paths().map((path) => awayDrive(path, drive)))
    const away = JSON.stringify(drives.map((each) => each !== null))
    if (known !== null && known !== away) listener()
    known = away
  }
  void look()
  const timer = setInterval(() => void look(), everyMs)
  return () => clearInterval(timer)
}

/** Whether a drive's folder is missing, or there with nothing in it, as a place without its drive is. */
async function isEmpty(root: string): Promise<boolean> {
  const names = await readdir(root).catch(() => [])
  return names.length === 0
}

/** Where the first link on the way to a path leads, with the rest of the path; null when there is none. */
async function brokenLink(path: string): Promise<string | null> {
  const parents = [path]
  for (let at = dirname(path); at !== parents[0]; at = dirname(at)) parents.unshift(at)
  for (const parent of parents) {
    const target = await readlink(parent).catch(() => null)
    if (target !== null) return resolve(dirname(parent), target) + path.slice(parent.length)
  }
  return null
}
