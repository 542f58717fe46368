import { createReadStream } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { AppError, MAX_IMPORT_FILES, mayBeImported } from '#contract'
import { openZip } from './zip.ts'
import type { OpenZip } from './zip.ts'

/** The longest text that is read as one, in bytes: V8 holds no longer string. */
const MAX_TEXT_BYTES = 400 * 1024 ** 2
/** The most files of one zip. */
const MAX_ZIP_ENTRIES = 200_000

/** A file of an import: on the disk, or in a zip. */
export interface SetFile {
  /** Its path within what was picked, with forward strokes. */
  readonly name: string
  readonly bytes: number
  open(): AsyncIterable<Uint8Array>
}

/** Files that were picked together, or that one zip holds: what one of them names is looked for among them. */
export class FileSet {
  /** What errors call it. */
  readonly title: string
  /** Whether it is one export as its program made it, rather than files picked one by one. */
  readonly isWhole: boolean
  readonly names: readonly string[]
  private readonly byName: ReadonlyMap<string, SetFile>

  constructor(title: string, isWhole: boolean, files: readonly SetFile[]) {
    this.title = title
    this.isWhole = isWhole
    this.byName = new Map(files.map((file) => [file.name, file]))
    this.names = [...this.byName.keys()]
  }

  get(name: string): SetFile | null {
    return this.byName.get(name) ?? null
  }

  /** A file as text. Throws InvalidInput for one that is too long, NotFound for one that is not there. */
  async text(name: string): Promise<string> {
    const file = this.byName.get(name)
    if (!file) throw new AppError('NotFound', `${name} is not in ${this.title}.`)
    const tooLong = new AppError('InvalidInput', `${name} is larger than 400 MB. Export fewer conversations at once.`)
    if (file.bytes > MAX_TEXT_BYTES) throw tooLong
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of file.open()) {
      bytes += chunk.length
      if (bytes > MAX_TEXT_BYTES) throw tooLong
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
  }
}

/** A file that was picked: where it is, and its path within what was picked. */
export interface PickedFile {
  readonly name: string
  readonly path: string
}

const isZip = (name: string): boolean => /\.zip$/i.test(name)
/** Files of the system, and what it writes beside others. */
const isNoise = (name: string): boolean => /(^|\/)(__MACOSX\/|\.[^/]*$)/.test(name)

/**
 * The sets that picked files make: each zip is one, the others together are one. `isFolder`: they are all of a folder. Zips stay open until
 * `close`. `refused`: what is wrong with zips that cannot be opened. Throws MediaNotFound for what cannot be read.
 */
export async function openSets(
  picked: readonly PickedFile[],
  isFolder: boolean,
): Promise<{ sets: FileSet[]; refused: AppError[]; close(): void }> {
  const zips: OpenZip[] = []
  const close = (): void => zips.forEach((zip) => zip.close())
  try {
    const sets: FileSet[] = []
    const refused: AppError[] = []
    const loose: SetFile[] = []
    for (const { name, path } of picked) {
      if (isZip(name) || (!isNoise(name) && (await startsAsZip(path, name)))) {
        const zip = await openZip(path, basename(name), MAX_ZIP_ENTRIES).catch((error: unknown) => {
          if (!(error instanceof AppError)) throw error
          refused.push(error)
        })
        if (!zip) continue
        zips.push(zip)
        const files = zip.entries.filter((entry) => !isNoise(entry.name))
        sets.push(new FileSet(basename(name), true, files))
      } else if (!isNoise(name)) loose.push(await looseFile(name, path))
    }
    const first = loose[0]?.name ?? ''
    const title =
      loose.length === 1 ? basename(first) : isFolder ? (first.split('/')[0] ?? '') : `these ${loose.length} files`
    if (loose.length > 0) sets.push(new FileSet(title, isFolder, loose))
    return { sets, refused, close }
  } catch (error) {
    close()
    throw error
  }
}

async function looseFile(name: string, path: string): Promise<SetFile> {
  const facts = await stat(path).catch(() => null)
  if (!facts?.isFile()) throw cannotRead(name)
  return { name, bytes: facts.size, open: () => createReadStream(path) }
}

const cannotRead = (name: string) =>
  new AppError('MediaNotFound', `${name} cannot be read. Check that it is there and that this account may read it.`)

/** A file without the ending of a zip may be one: exports are renamed. Only those without any known ending are looked into. */
async function startsAsZip(path: string, name: string): Promise<boolean> {
  if (/\.[a-z0-9]{1,6}$/i.test(name)) return false
  try {
    for await (const chunk of createReadStream(path, { end: 3 }))
      return (chunk as Buffer).toString('latin1') === 'PK\x03\x04'
    return false
  } catch {
    throw cannotRead(name)
  }
}

/**
 * The files below a folder that an import may have to do with, links left out; `name` begins with the folder's own. A folder `conversations` gets the files of `user-files` beside
 * it, where LM Studio keeps the pictures. Throws InvalidInput for more than an import takes.
 */
export async function filesOfFolder(folder: string): Promise<PickedFile[]> {
  const found: PickedFile[] = []
  const walk = async (path: string, name: string): Promise<void> => {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const inner = { name: `${name}/${entry.name}`, path: join(path, entry.name) }
      if (entry.isDirectory()) await walk(inner.path, inner.name)
      else if (entry.isFile() && mayBeImported(inner.name)) found.push(inner)
      if (found.length > MAX_IMPORT_FILES)
        throw new AppError('InvalidInput', `${folder} holds more than ${MAX_IMPORT_FILES} files. Import parts of it.`)
    }
  }
  await walk(folder, basename(folder))
  const beside = join(folder, '..', 'user-files')
  if (basename(folder) === 'conversations' && (await lstat(beside).catch(() => null))?.isDirectory())
    await walk(beside, 'user-files')
  return found
}
