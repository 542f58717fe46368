import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new empty folder; `remove` deletes it with all it holds. */
export function tempFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'sightline-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
