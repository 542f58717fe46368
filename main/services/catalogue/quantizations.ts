import type { RemoteFile } from '#contract'
import { parseFileName } from './fileName.ts'
import type { ListedQuantization } from './types.ts'

/** Bits per number that a usable file can have; a vocabulary without weights or another model's file lies outside. */
const SANE_BITS = { min: 1, max: 40 }

interface Candidate {
  readonly name: string
  readonly files: RemoteFile[]
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
      return { name, bits, textFiles, projector, downloadBytes: bytes + (projector?.bytes ?? 0) }
    })
    .filter(({ bits }) => bits >= SANE_BITS.min && bits <= SANE_BITS.max)
    .sort((a, b) => a.downloadBytes - b.downloadBytes || (a.name < b.name ? -1 : 1))
}

/** Models in one file and complete sets of parts. */
function candidates(files: readonly RemoteFile[]): Candidate[] {
  const groups = new Map<string, { name: string; count: number; parts: Map<number, RemoteFile> }>()
  for (const file of files) {
    const parsed = parseFileName(file.path)
    if (!parsed?.quantization || parsed.role !== 'text') continue
    const { index, count } = parsed.part ?? { index: 1, count: 1 }
    const key = parsed.part ? `${parsed.group}*${count}` : parsed.group
    const group = groups.get(key) ?? { name: parsed.quantization, count, parts: new Map<number, RemoteFile>() }
    groups.set(key, group)
    group.parts.set(index, file)
  }
  return [...groups.values()].flatMap(({ name, count, parts }) => {
    const ordered = [...parts].sort(([a], [b]) => a - b)
    const isComplete = ordered.length === count && ordered.every(([index], i) => index === i + 1)
    return isComplete ? [{ name, files: ordered.map(([, file]) => file) }] : []
  })
}

function isPreferred(a: Candidate, b: Candidate): boolean {
  if (a.files.length !== b.files.length) return a.files.length < b.files.length
  const [first, second] = [a.files[0]?.path ?? '', b.files[0]?.path ?? '']
  return first.length !== second.length ? first.length < second.length : first < second
}
