import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Size } from '#contract'
import { placeFile, temporaryFolder } from '../../../lib/files/files.ts'
import { cannotStore } from '../attachments/receive.ts'
import type { OpenAttachment } from '../attachments/types.ts'
import type { MediaProcess } from '../process/mediaProcess.ts'

/** So many pictures are kept; the one that was made first goes first. */
const MOST = 64

export interface InputsOptions {
  /** Where they lie until the app ends; what is in it from before is removed. */
  readonly folder: string
  readonly media: Pick<MediaProcess, 'input'>
}

/** A stored picture or frame: its file, and the sha or key that it is removed with. */
export interface InputSource {
  readonly path: string
  readonly owner: string
  /** Tells it from others of its owner. */
  readonly place?: number
  /** What errors call it. */
  readonly name: string
}

/** Pictures and frames of videos as models get them: a small cache on disk, by source and size. */
export interface Inputs {
  /** The PNG of a source in `size`, made when first asked for. Throws as `MediaProcess.input`. */
  open(source: InputSource, size: Size): Promise<OpenAttachment>
  /** Removes those of sources that are gone. */
  forget(owners: readonly string[]): void
}

/** Opens the cache. */
export function createInputs({ folder, media }: InputsOptions): Inputs {
  rmSync(folder, { recursive: true, force: true })
  /** By the path of the made file, in the order in which they were begun. */
  const made = new Map<string, { readonly owner: string; readonly ready: Promise<void> }>()

  function drop(path: string): void {
    made.delete(path)
    rmSync(path, { force: true })
  }

  async function make({ path: from, name }: InputSource, size: Size, path: string): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const own = await temporaryFolder('input', folder).catch((error: unknown) => {
      throw cannotStore(name, error)
    })
    try {
      await media.input(from, name, size, join(own, 'made'))
      if (made.has(path)) await placeFile(join(own, 'made'), path)
    } finally {
      await rm(own, { recursive: true, force: true })
    }
  }

  return {
    async open(source, size) {
      const { owner, place = 0 } = source
      const path = join(folder, `${owner}-${place}-${size.width}x${size.height}.png`)
      const known = made.get(path)
      if (known) await known.ready.catch(() => {})
      if (!existsSync(path)) {
        const ready = make(source, size, path)
        made.set(path, { owner, ready })
        for (const oldest of made.keys()) if (made.size > MOST) drop(oldest)
        try {
          await ready
        } catch (error) {
          made.delete(path)
          throw error
        }
      }
      return { mime: 'image/png', bytes: statSync(path).size, path }
    },
    forget(owners) {
      const gone = new Set(owners)
      for (const [path, { owner }] of made) if (gone.has(owner)) drop(path)
    },
  }
}
