import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import { awayDrive } from '../../../lib/files/drives.ts'
import { isWithin } from '../files/disk.ts'
import { isOllamaStore, readSmall, storeKeeper } from './places.ts'
import type { Place } from './places.ts'

/** A file that may be a model, and what its keeper tells of it. */
export interface Candidate {
  readonly path: string
  readonly real: string
  readonly keeper: string
  /** As its keeper calls it; null: by its header. */
  readonly name: string | null
  /** Digest that its keeper gives it, not checked. */
  readonly sha256: string | null
  /** Projectors that its keeper says belong to it. */
  readonly projectors: readonly string[]
  /** Whether only a projector is wanted of its place. */
  readonly isProjectorOnly: boolean
}

/** What a search of places came to. */
export interface Searched {
  readonly candidates: readonly Candidate[]
  /** What lies on drives that are not connected, with who keeps it. */
  readonly away: readonly { readonly path: string; readonly drive: string; readonly keeper: string }[]
}

const LATER_PART = /-(?!00001)\d{5}-of-(\d{5})\.gguf$/i
const LATER_PIECE = /(\.gguf\.part)(?!1of)\d+(of\d+)$/i

/** All files in a place that may be models. @throws the signal's reason when it aborts. */
export async function candidatesIn(place: Place, signal?: AbortSignal): Promise<Searched> {
  const { keeper, layout } = place
  const { files, away, stores } = await findFiles(place.path, isModelName, signal)
  const paths = new Set(files.map(({ path }) => path))
  const isFirst = (path: string) =>
    (!LATER_PART.test(path) || !paths.has(path.replace(LATER_PART, '-00001-of-$1.gguf'))) &&
    (!LATER_PIECE.test(path) || !paths.has(path.replace(LATER_PIECE, '$11$2')))
  const plain = files
    .filter(({ path }) => isFirst(path))
    .map((file): Candidate => {
      const sha256 = layout === 'hub' || layout === 'llamacpp' ? digestIn(basename(file.real)) : null
      return { ...file, keeper, name: null, sha256, projectors: [], isProjectorOnly: layout === 'projectors' }
    })
  const kept: Candidate[] = []
  for (const store of [...((await isOllamaStore(place.path)) ? [place.path] : []), ...stores])
    kept.push(...(await ollama(store, store === place.path ? keeper : storeKeeper(store), signal)))
  if (layout === 'jan') kept.push(...(await jan(place, plain, signal)))
  if (layout === 'llamacpp') kept.push(...(await llamaCpp(place, plain, signal)))
  const known = new Set(kept.map(({ real }) => real))
  return {
    candidates: [...kept, ...plain.filter(({ real }) => !known.has(real))],
    away: away.map((one) => ({ ...one, keeper })),
  }
}

/** Hugging Face names large files by their SHA-256, Ollama all of them. */
const digestIn = (name: string) => /^(?:sha256-)?([0-9a-f]{64})$/.exec(name)?.[1] ?? null

const Layer = z.object({ mediaType: z.string().default(''), digest: z.string() })
type Layer = z.infer<typeof Layer>

/** Models of Ollama: a manifest per tag, `manifests/<host>/<namespace>/<model>/<tag>`, that names files in `blobs`. */
async function ollama(root: string, keeper: string, signal?: AbortSignal): Promise<Candidate[]> {
  const manifests = join(root, 'manifests')
  const found: Candidate[] = []
  for (const { path } of (await findFiles(manifests, () => true, signal)).files) {
    const layers = await layersOf(root, await readSmall(path))
    const blobs = async (type: string) => {
      const wanted = layers.filter((layer) => layer.mediaType === `application/vnd.ollama.image.${type}`)
      return (await Promise.all(wanted.map((layer) => blobOf(root, layer.digest)))).filter((blob) => blob !== null)
    }
    const projectors = await blobs('projector')
    const own = projectors.map((blob) => blob.path)
    const name = ollamaName(relative(manifests, path))
    for (const blob of [...(await blobs('model')), ...projectors]) {
      if (found.some(({ real }) => real === blob.real)) continue
      const belonging = own.includes(blob.path) ? [] : own
      found.push({
        ...blob,
        keeper,
        name,
        sha256: digestIn(basename(blob.path)),
        projectors: belonging,
        isProjectorOnly: false,
      })
    }
  }
  return found
}

/** "qwen2-vl:7b" for the library's own, else with namespace and, unless it is Ollama's, the host. */
function ollamaName(path: string): string {
  const parts = path.split(sep)
  const tag = parts.pop() ?? ''
  const isOwn = parts[0] === 'registry.ollama.ai' || parts[0] === 'ollama.com'
  const shown = isOwn ? parts.slice(parts[1] === 'library' ? 2 : 1) : parts
  return `${shown.join('/')}:${tag}`
}

async function blobOf(root: string, digest: string): Promise<FoundFile | null> {
  const sha256 = /^sha256[:-]([0-9a-f]{64})$/.exec(digest)?.[1]
  if (!sha256) return null
  for (const name of [`sha256-${sha256}`, `sha256:${sha256}`]) {
    const path = join(root, 'blobs', name)
    const real = await realpath(path).catch(() => null)
    if (real !== null) return { path, real }
  }
  return null
}

/** The layers of a manifest; of a list of manifests (one for each kind of runner), those of all that are there. */
async function layersOf(root: string, text: string | null): Promise<Layer[]> {
  const manifest = jsonObject(text)
  const listed = (value: unknown): Layer[] =>
    (Array.isArray(value) ? value : []).flatMap((one) => {
      const { data } = Layer.safeParse(one)
      return data ? [data] : []
    })
  const layers = listed(manifest['layers'])
  for (const { digest } of listed(manifest['manifests'])) {
    const blob = await blobOf(root, digest)
    if (blob) layers.push(...listed(jsonObject(await readSmall(blob.path))['layers']))
  }
  return layers
}

/**
 * Models of llama.cpp's cache of its first years: `<user>_<repository>_<file>` side by side, and for each
 * `manifest=<user>=<repository>=<tag>.json`, which names the language model and its projector.
 */
async function llamaCpp(
  { path: root, keeper }: Place,
  plain: readonly Candidate[],
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const manifests = await findFiles(root, (name) => /^manifest=.+\.json$/.test(name), signal)
  const named: Candidate[] = []
  for (const { path } of manifests.files) {
    const [user, repository] = basename(path).slice('manifest='.length).split('=')
    const manifest = jsonObject(await readSmall(path))
    const at = (key: string) => {
      const name = (manifest[key] as { rfilename?: unknown } | undefined)?.rfilename
      return typeof name === 'string' ? join(dirname(path), `${user}_${repository}_${name}`.replaceAll('/', '_')) : null
    }
    const [model, projector] = [at('ggufFile'), at('mmprojFile')]
    const file = plain.find((candidate) => candidate.path === model)
    if (file && projector !== null) named.push({ ...file, keeper, projectors: [projector] })
  }
  return named
}

/** Models of Jan: a `model.yml` beside or instead of the files, its paths from Jan's data folder on. */
async function jan(
  { path: root, keeper }: Place,
  plain: readonly Candidate[],
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const data = basename(dirname(root)) === 'llamacpp' ? dirname(dirname(root)) : dirname(root)
  const named: Candidate[] = []
  for (const { path } of (await findFiles(root, (name) => /^model\.(yml|json)$/.test(name), signal)).files) {
    const text = (await readSmall(path)) ?? ''
    const fields = path.endsWith('.yml') ? ymlFields(text) : jsonFields(text)
    const { name = basename(dirname(path)), model_path: model, mmproj_path: projector } = fields
    const at = (way: string) => (isAbsolute(way) ? way : resolve(data, way))
    const projectors = projector === undefined ? [] : [at(projector)]
    const neighbours = plain.filter((file) => dirname(file.path) === dirname(path))
    const models = model === undefined ? neighbours.map((file) => file.path) : [at(model)]
    for (const each of models) {
      const real = await realpath(each).catch(() => null)
      if (real !== null)
        named.push({ path: each, real, keeper, name, sha256: null, projectors, isProjectorOnly: false })
    }
    for (const each of projectors) {
      const real = await realpath(each).catch(() => null)
      if (real !== null)
        named.push({ path: each, real, keeper, name: null, sha256: null, projectors: [], isProjectorOnly: false })
    }
  }
  return named
}

type Fields = Partial<Record<'name' | 'model_path' | 'mmproj_path', string>>

/** The fields at the start of a line, "name: value" with or without quotes: all that such a file has to say here. */
function ymlFields(text: string): Fields {
  const lines = text.matchAll(/^(name|model_path|mmproj_path):[ \t]*(.+?)[ \t]*$/gm)
  return Object.fromEntries([...lines].map(([, key, value]) => [key, value!.replace(/^(["'])(.*)\1$/, '$2')]))
}

function jsonFields(text: string): Fields {
  const { name } = jsonObject(text)
  return typeof name === 'string' ? { name } : {}
}

/** An object of JSON; an empty one for any other text. */
function jsonObject(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

const MAX_DEPTH = 10
const MAX_ENTRIES = 100_000
const MAX_FILES = 2000

/** A file that was found; `real` is where it lies when `path` is a link. */
interface FoundFile {
  readonly path: string
  readonly real: string
}

interface Found {
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
async function findFiles(root: string, isWanted: (name: string) => boolean, signal?: AbortSignal): Promise<Found> {
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
const isModelName = (name: string): boolean =>
  extname(name).toLowerCase() === '.gguf' || /\.gguf\.part\d+of\d+$/i.test(name)
