import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Folders by the process that made them, which is in the name: `sightline-<pid>-<purpose>-<chance>`. */
const NAME = /^sightline-(\d+)-/

/**
 * Makes a folder in the system's folder for temporary files (`parent`) that only this user can read. Whoever makes it
 * removes it; what processes that were killed could not remove goes here. Throws the file system's errors.
 */
export async function temporaryFolder(purpose: string, parent: string = tmpdir()): Promise<string> {
  await removeStranded(parent)
  return mkdtemp(join(parent, `sightline-${process.pid}-${purpose}-`))
}

/** Removes the temporary folders of processes that are gone. Never throws. */
export async function removeStranded(parent: string = tmpdir()): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(NAME.exec(name)?.[1] ?? 0)
    if (pid > 0 && !isRunning(pid)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => {})
  }
}

/** Whether there is a process of that number, whoever's it is. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
