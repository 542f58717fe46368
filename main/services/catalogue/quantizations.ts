import type { RemoteFile } from '#contract'
import { parseFileName } from './fileName.ts'
import type { ListedQuantization } from './types.ts'

/** Bits per number that a usable file can have; a vocabulary without weights or another model's file lies outside. */
const SANE_BITS = { min: 1, max: 40 }

interface Candidate {
  readonly name: string
  readonly files: readonly RemoteFile[]
}

/**
 * The quantizations among the files of a repository, smallest first, each with `projector`. Of the parts of a model only
 * complete sets count; of two files of one name the single one, then the shorter path is taken. `parameters`: numbers in
 * the text model, by which the bits of each are counted.
 */
export function quantizationsOf(
  files: readonly RemoteFile[],
  parameters: number,
  projector: RemoteFile | null,
): ListedQuantization[] {
  const best = new Map<string, Candidate>()
  for (const candidate of candidates(files)) {
    const rival = best.get(candidate.name)
    if (!rival || isPreferred(candidate, rival)) best.set(candidate.name, candidate)
  }
  return [...best.values()]
    .map(({ name, files: textFiles }) => {
      const bytes = textFiles.reduce((sum, file) => sum + file.bytes, 0)
      const bits = Math.round((bytes * 8 * 100) / parameters) / 100
      return { name, bits, textFiles: [...textFiles], projector, downloadBytes: bytes + (projector?.bytes ?? 0) }
    })
    .filter(({ bits }) => bits >= SANE_BITS.min && bits <= SANE_BITS.max)
    .sort((a, b) => a.downloadBytes - b.downloadBytes || (a.name < b.name ? -1 : 1))
}

function candidates(files: readonly RemoteFile[]): Candidate[] {
  return textModelsOf(files).models.flatMap(({ quantization, files: parts }) =>
    quantization === null ? [] : [{ name: quantization, files: parts }],
  )
}

/** A language model among the files of a repository. `group`: its path without part and ending. */
export interface TextModel {
  readonly quantization: string | null
  readonly group: string
  /** The parts in their order. */
  readonly files: readonly RemoteFile[]
}

/** Language models in one file and complete sets of parts, and the parts that are not complete. */
export function textModelsOf(files: readonly RemoteFile[]): { models: TextModel[]; incomplete: RemoteFile[] } {
  const groups = new Map<
    string,
    { quantization: string | null; group: string; count: number; parts: Map<number, RemoteFile> }
  >()
  for (const file of files) {
    const parsed = parseFileName(file.path)
    if (parsed?.role !== 'text') continue
    const { index, count } = parsed.part ?? { index: 1, count: 1 }
    const key = parsed.part ? `${parsed.group}*${count}` : parsed.group
    const known = groups.get(key) ?? { ...parsed, count, parts: new Map<number, RemoteFile>() }
    groups.set(key, known)
    known.parts.set(index, file)
  }
  const models: TextModel[] = []
  const incomplete: RemoteFile[] = []
  for (const { quantization, group, count, parts } of groups.values()) {
    const ordered = [...parts].sort(([a], [b]) => a - b)
    const isComplete = ordered.length === count && ordered.every(([index], i) => index === i + 1)
    const all = ordered.map(([, file]) => file)
    if (isComplete) models.push({ quantization, group, files: all })
    else incomplete.push(...all)
  }
  return { models, incomplete }
}

function isPreferred(a: Candidate, b: Candidate): boolean {
  if (a.files.length !== b.files.length) return a.files.length < b.files.length
  const [first, second] = [a.files[0]?.path ?? '', b.files[0]?.path ?? '']
  return first.length !== second.length ? first.length < second.length : first < second
}

/** Best first: half precision loses nothing that counts and is what the authors publish; F32 is twice as large. */
const ORDER = ['F16', 'BF16', 'Q8_0']
const UNKNOWN = ORDER.length
const OTHER = UNKNOWN + 1
const FULL = OTHER + 1

/** How far a projector is from the preferred kind, 0 the best; unnamed ones, then smaller ones, then F32 come last. */
function rank(file: RemoteFile): number {
  const quantization = parseFileName(file.path)?.quantization ?? null
  if (quantization === null) return UNKNOWN
  if (quantization === 'F32') return FULL
  const place = ORDER.indexOf(quantization)
  return place === -1 ? OTHER : place
}

/** The projectors among a repository's files, the one to use first. Split ones do not exist. */
export function projectorsOf(files: readonly RemoteFile[]): RemoteFile[] {
  const projectors = files.filter((file) => {
    const name = parseFileName(file.path)
    return name?.role === 'projector' && !name.part
  })
  return projectors.sort((a, b) => rank(a) - rank(b) || a.path.length - b.path.length || (a.path < b.path ? -1 : 1))
}
