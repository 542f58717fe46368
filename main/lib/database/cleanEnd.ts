import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'

/** Size and time of change of a database file, as text. */
function signOf(path: string): string {
  const { size, mtimeNs } = statSync(path, { bigint: true })
  return `${size} ${mtimeNs}\n`
}

/**
 * Whether the database file at `path` is as the last `noteCleanEnd` left it: a file that was closed by us and not touched
 * since needs no check. After a crash, a power cut, or where another program wrote, copied or restored it, it does.
 */
export function endedCleanly(path: string, note: string): boolean {
  try {
    return !existsSync(`${path}-wal`) && readFileSync(note, 'utf8') === signOf(path)
  } catch {
    return false
  }
}

/** Forgets the clean end; comes before the first write. Throws what the file system does. */
export function forgetCleanEnd(note: string): void {
  rmSync(note, { force: true })
}

/** Notes that the database file at `path` is closed with all that it holds; without the note it is checked again. */
export function noteCleanEnd(path: string, note: string): void {
  try {
    if (!existsSync(`${path}-wal`)) writeFileSync(note, signOf(path), { mode: 0o600 })
  } catch {
    // A full or read-only disk costs the next start a check, no more.
  }
}
