import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { z } from 'zod'
import type { Place } from './places.ts'
import { findFiles } from './walk.ts'

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
}

const MAX_MANIFEST_BYTES = 1 << 20
const LATER_PART = /-(?!00001)\d{5}-of-(\d{5})\.gguf$/i

/** All files in a place that may be models. @throws the signal's reason when it aborts. */
export async function candidatesIn(place: Place, signal?: AbortSignal): Promise<Candidate[]> {
  if (place.layout === 'ollama') return ollama(place, signal)
  const files = await findFiles(place.path, ['.gguf'], signal)
  const paths = new Set(files.map(({ path }) => path))
  const plain = files
    .filter(({ path }) => !LATER_PART.test(path) || !paths.has(path.replace(LATER_PART, '-00001-of-$1.gguf')))
    .map((file): Candidate => {
      const sha256 = place.layout === 'hub' ? digestIn(basename(file.real)) : null
      return { ...file, keeper: place.keeper, name: null, sha256, projectors: [] }
    })
  return place.layout === 'jan' ? jan(place, plain, signal) : plain
}

/** Hugging Face names large files by their SHA-256, Ollama all of them. */
const digestIn = (name: string) => /^(?:sha256-)?([0-9a-f]{64})$/.exec(name)?.[1] ?? null

const Layer = z.object({ mediaType: z.string(), digest: z.string() })
interface Manifest {
  readonly layers: readonly z.infer<typeof Layer>[]
}

/** Models of Ollama: a manifest per tag, `manifests/<host>/<namespace>/<model>/<tag>`, that names files in `blobs`. */
async function ollama({ path: root, keeper }: Place, signal?: AbortSignal): Promise<Candidate[]> {
  const manifests = join(root, 'manifests')
  const found: Candidate[] = []
  for (const { path } of await findFiles(manifests, [''], signal)) {
    const manifest = manifestOf(await readSmall(path))
    const blobs = async (type: string) => {
      const layers = manifest.layers.filter((layer) => layer.mediaType === `application/vnd.ollama.image.${type}`)
      return (await Promise.all(layers.map((layer) => blobOf(root, layer.digest)))).filter((blob) => blob !== null)
    }
    const projectors = (await blobs('projector')).map((blob) => blob.path)
    const name = ollamaName(relative(manifests, path))
    for (const blob of [...(await blobs('model')), ...(await blobs('projector'))]) {
      if (found.some(({ real }) => real === blob.real)) continue
      const own = projectors.includes(blob.path) ? [] : projectors
      found.push({ ...blob, keeper, name, sha256: digestIn(basename(blob.path)), projectors: own })
    }
  }
  return found
}

/** "qwen2-vl:7b" for the library's own, else with namespace and, unless it is Ollama's, the host. */
function ollamaName(path: string): string {
  const parts = path.split(sep)
  const tag = parts.pop() ?? ''
  const shown = parts[0] === 'registry.ollama.ai' ? parts.slice(parts[1] === 'library' ? 2 : 1) : parts
  return `${shown.join('/')}:${tag}`
}

async function blobOf(root: string, digest: string): Promise<{ path: string; real: string } | null> {
  const sha256 = /^sha256[:-]([0-9a-f]{64})$/.exec(digest)?.[1]
  if (!sha256) return null
  for (const name of [`sha256-${sha256}`, `sha256:${sha256}`]) {
    const path = join(root, 'blobs', name)
    const real = await realpath(path).catch(() => null)
    if (real !== null) return { path, real }
  }
  return null
}

function manifestOf(text: string | null): Manifest {
  try {
    const { layers } = JSON.parse(text ?? '') as { layers?: unknown }
    const read = (Array.isArray(layers) ? layers : []).map((layer) => Layer.safeParse(layer))
    return { layers: read.flatMap((layer) => (layer.success ? [layer.data] : [])) }
  } catch {
    return { layers: [] }
  }
}

/** Models of Jan: a `model.yml` beside or instead of the files, its paths from Jan's data folder on. */
async function jan({ path: root, keeper }: Place, plain: readonly Candidate[], signal?: AbortSignal): Promise<Candidate[]> {
  const data = basename(dirname(root)) === 'llamacpp' ? dirname(dirname(root)) : dirname(root)
  const named: Candidate[] = []
  for (const { path } of await findFiles(root, ['.yml', '.json'], signal)) {
    if (!/^model\.(yml|json)$/.test(basename(path))) continue
    const text = (await readSmall(path)) ?? ''
    const fields = path.endsWith('.yml') ? ymlFields(text) : jsonFields(text)
    const { name = basename(dirname(path)), model_path: model, mmproj_path: projector } = fields
    const at = (way: string) => (isAbsolute(way) ? way : resolve(data, way))
    const projectors = projector === undefined ? [] : [at(projector)]
    const beside = plain.filter((file) => dirname(file.path) === dirname(path))
    const models = model === undefined ? beside.map((file) => file.path) : [at(model)]
    for (const each of models) {
      const real = await realpath(each).catch(() => null)
      if (real !== null) named.push({ path: each, real, keeper, name, sha256: null, projectors })
    }
    for (const each of projectors) {
      const real = await realpath(each).catch(() => null)
      if (real !== null) named.push({ path: each, real, keeper, name: null, sha256: null, projectors: [] })
    }
  }
  return [...named, ...plain.filter((file) => named.every(({ real }) => real !== file.real))]
}

type Fields = Partial<Record<'name' | 'model_path' | 'mmproj_path', string>>

/** The fields at the start of a line, "name: value" with or without quotes: all that such a file has to say here. */
function ymlFields(text: string): Fields {
  const lines = text.matchAll(/^(name|model_path|mmproj_path):[ \t]*(.+?)[ \t]*$/gm)
  return Object.fromEntries([...lines].map(([, key, value]) => [key, value!.replace(/^(["'])(.*)\1$/, '$2')]))
}

function jsonFields(text: string): Fields {
  try {
    const { name } = JSON.parse(text) as { name?: unknown }
    return typeof name === 'string' ? { name } : {}
  } catch {
    return {}
  }
}

/** A file of at most 1 MiB as text; null when it is larger or cannot be read. */
async function readSmall(path: string): Promise<string | null> {
  const info = await stat(path).catch(() => null)
  return info && info.size <= MAX_MANIFEST_BYTES ? readFile(path, 'utf8').catch(() => null) : null
}
