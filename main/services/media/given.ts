import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { OpenedFile, Sha256 } from '#contract'
import type { OpenAttachment } from './attachments/types.ts'

/** The files of this computer that its user gave to the app: no other path that a window names is read. */
export interface GivenFiles {
  /** A file was dropped on a window, or picked or pasted there. */
  give(path: string): void
  has(path: string): boolean
  /** Files were opened with the app: they wait until a window takes them. What is no file is passed over. */
  open(paths: readonly string[]): Promise<void>
  /** Those that wait, which wait no more. */
  take(): OpenedFile[]
  /** A file that was opened with the app, by its id, which reads as a digest does; null: there is none. */
  find(id: Sha256): OpenAttachment | null
}

/** The files of one run of the app; none yet. */
export function createGivenFiles(): GivenFiles {
  const given = new Set<string>()
  const opened = new Map<Sha256, OpenAttachment>()
  let waiting: OpenedFile[] = []
  return {
    give: (path) => void given.add(path),
    has: (path) => given.has(path),
    async open(paths) {
      for (const path of paths) {
        const facts = await stat(path).catch(() => null)
        if (!facts?.isFile()) continue
        given.add(path)
        const [id, bytes] = [randomBytes(32).toString('hex'), facts.size]
        opened.set(id, { mime: 'application/octet-stream', bytes, path })
        waiting.push({ id, path, bytes, name: basename(path) })
      }
    },
    take() {
      const taken = waiting
      waiting = []
      return taken
    },
    find: (id) => opened.get(id) ?? null,
  }
}
