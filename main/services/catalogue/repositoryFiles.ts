import { AppError } from '#contract'
import type { RemoteFile, Repository, RepositoryFile, RepositoryText } from '#contract'
import { parseFileName } from './fileName.ts'
import { projectorsOf, textModelsOf } from './quantizations.ts'
import type { BrowsedRepository } from './types.ts'

/** A repository's files by what their names say, without what depends on this computer. */
export type SortedRepository = Omit<Repository, 'texts'> & { texts: Omit<RepositoryText, 'hasDiskSpace' | 'modelId'>[] }

const USUAL = 'Q4_K_M'
/** A GGUF file that was cut up with a plain tool, e.g. "x.gguf.part1of2" or "x.gguf-split-a". */
const PIECE = /\.gguf[-.](?:part|split)[-\w]*$/i

/**
 * Sorts the files of a repository: language models (split ones together) from the smallest to the largest, projectors with
 * the one to take first at the top, and the rest. @throws AppError UnsupportedModel when there is no GGUF file in it.
 */
export function sortRepository({ files, wanted, ...about }: BrowsedRepository): SortedRepository {
  const { models, incomplete } = textModelsOf(files)
  const projectors = projectorsOf(files)
  if (models.length === 0 && projectors.length === 0 && incomplete.length === 0)
    throw withoutModels(about.repository, files)
  const texts = labelled(
    models.map(({ quantization, group, files: parts }) => ({
      ...{ path: parts[0]!.path, quantization, label: group.split('/').at(-1)!, files: [...parts] },
      bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    })),
  ).sort((a, b) => a.bytes - b.bytes || (a.path < b.path ? -1 : 1))
  const taken = new Set([...texts.flatMap((text) => text.files), ...projectors])
  const fileOf = (file: RemoteFile, role: RepositoryFile['role']): RepositoryFile => ({
    ...{ path: file.path, bytes: file.bytes, role, quantization: parseFileName(file.path)?.quantization ?? null },
  })
  const others = files
    .filter((file) => !taken.has(file))
    .map((file) => fileOf(file, roleOf(file, incomplete)))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
  const isWanted = ({ path, files: parts }: { path: string; files?: readonly RemoteFile[] }) =>
    path === wanted.path || (parts?.some((part) => part.path === wanted.path) ?? false)
  const text = texts.find(isWanted) ?? usual(texts, wanted.quantization)
  const projector = projectors.find(isWanted) ?? projectors[0]
  return {
    ...about,
    texts,
    others,
    projectors: projectors.map((file) => fileOf(file, 'projector')),
    text: text?.path ?? null,
    projector: projector?.path ?? null,
  }
}

/** By its quantization where that tells it apart, else by the name of its file. */
function labelled<T extends { readonly quantization: string | null; readonly label: string }>(
  texts: readonly T[],
): T[] {
  const isAlone = (text: T) => texts.filter(({ quantization }) => quantization === text.quantization).length === 1
  return texts.map((text) =>
    text.quantization !== null && isAlone(text) ? { ...text, label: text.quantization } : text,
  )
}

function usual<T extends { readonly quantization: string | null }>(
  texts: readonly T[],
  wanted: string | null,
): T | undefined {
  const by = (is: (quantization: string) => boolean) =>
    texts.find(({ quantization }) => quantization !== null && is(quantization))
  const named = wanted === null ? undefined : by((name) => name === wanted)
  return (
    named ??
    by((name) => name === USUAL) ??
    by((name) => name.includes('Q4_K')) ??
    by((name) => name.includes('Q4')) ??
    texts[0]
  )
}

function roleOf(file: RemoteFile, incomplete: readonly RemoteFile[]): RepositoryFile['role'] {
  if (incomplete.includes(file) || PIECE.test(file.path)) return 'part'
  return parseFileName(file.path)?.role === 'adapter' ? 'adapter' : 'other'
}

function withoutModels(repository: string, files: readonly RemoteFile[]): AppError {
  const has = (pattern: RegExp) => files.some(({ path }) => pattern.test(path))
  const name = repository.split('/')[1]!
  const what = has(PIECE)
    ? `${repository} holds its model cut into pieces, which have to be joined first. Look for a repository that has it in one file, or split by gguf-split.`
    : has(/\.gguf$/i)
      ? `${repository} holds no language model, only what is added to one. Look for the repository of the model itself.`
      : has(/\.(safetensors|bin|pth?)$/i)
        ? `${repository} holds the original weights, which do not run here. Look for a repository of the same model in the GGUF format, often called ${name}-GGUF.`
        : `${repository} has no file in the GGUF format. Look for a repository of the model whose name ends in GGUF.`
  return new AppError('UnsupportedModel', what, { repository })
}
