import { posix } from 'node:path'
import { AppError } from '#contract'
import type { Examination, Fit, HeaderSheet, Repository } from '#contract'
import { atSource, estimateFit, sizedModel } from '../../engine/index.ts'
import type { Engine, FileFacts, InspectedModel } from '../../engine/index.ts'
import { familyLabel } from '../../lib/families/families.ts'
import { pairing } from '../../lib/families/pairing.ts'
import { sortRepository } from '../../services/catalogue/index.ts'
import type { BrowsedRepository, Catalogue } from '../../services/catalogue/index.ts'
import type { OpenHead, RemoteHead } from '../../services/downloads/index.ts'

export interface RepositoriesParts {
  readonly catalogue: Pick<Catalogue, 'browse' | 'browsed' | 'sourceOf'>
  readonly engine: Pick<Engine, 'machine'>
  /** Reads files where they are. */
  readonly openHead: OpenHead
  readonly modelOf: (entryId: string, quantization: string) => string | null
  /** Whether a download of so many bytes has room on the disk. */
  readonly hasRoom: (bytes: number) => Promise<boolean>
}

/** Repositories that are in no catalogue: what they hold and whether it would run here. */
export interface Repositories {
  /** Throws what `Catalogue.browse` throws, and UnsupportedModel when it has no model. */
  repository(address: string, signal: AbortSignal): Promise<Repository>
  /** Reads the headers of one of its language models and of its projectors. Throws what `OpenHead` and `Catalogue.browsed` throw. */
  examine(wanted: { repositoryId: string; text: string }, signal: AbortSignal): Promise<Examination>
}

/** Projectors of one repository that are looked at; none has more but by mistake. */
const MOST_PROJECTORS = 8
const kinds = {
  ...{ text: 'a language model', projector: 'a projector', adapter: 'an adapter', other: 'no model that runs here' },
  ...{ combined: 'a language model and its projector in one file', piece: 'a piece of a file' },
} as const

/** Combines listings, headers at their source and what is known of this computer. */
export function createRepositories({ catalogue, engine, openHead, modelOf, hasRoom }: RepositoriesParts): Repositories {
  /** Reads headers of a repository, and counts what is fetched for that. */
  function reading(repository: BrowsedRepository, signal: AbortSignal) {
    const heads: RemoteHead[] = []
    const reader = atSource(repository.files, async (file) => {
      const head = await openHead({ ...file, name: posix.basename(file.path) }, { signal })
      heads.push(head)
      return head
    })
    return {
      reader,
      fetchedBytes: () => heads.reduce((sum, head) => sum + head.fetchedBytes(), 0),
      hasRanges: () => heads.every((head) => head.hasRanges() !== false),
    }
  }

  /** A refusal names its source, so that the window can ask for that one's token. */
  const named = (url: string | undefined) => (error: unknown) => {
    const source = url === undefined ? null : catalogue.sourceOf(new URL(url))
    if (!(error instanceof AppError && error.code === 'SourceRefused') || !source) throw error
    const what = `${source.label} gives the files of this repository only to those who accepted its licence.`
    const mend = `Accept it on the model's page, and keep an access token of yours here.`
    throw new AppError('SourceRefused', `${what} ${mend}`, { ...error.detail, source: source.name }, { cause: error })
  }

  return {
    async repository(address, signal) {
      const { texts, ...about } = sortRepository(await catalogue.browse(address, signal))
      const projectorBytes = about.projectors.find(({ path }) => path === about.projector)?.bytes ?? 0
      const judged = texts.map(async (text) => ({
        ...text,
        hasDiskSpace: await hasRoom(text.bytes + projectorBytes),
        modelId: modelOf(about.id, text.label),
      }))
      return { ...about, texts: await Promise.all(judged) }
    },

    async examine({ repositoryId, text: path }, signal) {
      const browsed = await catalogue.browsed(repositoryId, signal)
      const { texts, projectors, repository } = sortRepository(browsed)
      const text = texts.find((one) => one.path === path)
      if (!text)
        throw new AppError('NotFound', `${repository} has no such model any more. Type the repository again.`, {
          repository,
        })
      const { reader, fetchedBytes, hasRanges } = reading(browsed, signal)
      const look = async (): Promise<Omit<Examination, 'fetchedBytes' | 'hasRanges'>> => {
        const facts = await reader.inspectFile(path, signal)
        const sheet = sheetOf(path, 'text', facts)
        const sheets: Examination['projectors'] = []
        for (const projector of projectors.slice(0, MOST_PROJECTORS)) {
          const other = await reader.inspectFile(projector.path, signal)
          const about = sheetOf(projector.path, 'projector', other)
          const isPair = sheet.problem === null && about.problem === null
          const pair = isPair ? pairing(facts, { ...other, fileName: posix.basename(projector.path) }) : null
          sheets.push({ ...about, verdict: pair?.verdict ?? null, why: pair?.why ?? null })
        }
        const usable =
          sheets.find(({ verdict }) => verdict === 'fits') ?? sheets.find(({ verdict }) => verdict === 'unsure')
        const pair = { textPath: path, projectorPath: usable?.path ?? null }
        const whole = sheet.problem === null ? await reader.inspectModel(pair, signal) : null
        const projectorBytes = projectors.find((one) => one.path === usable?.path)?.bytes ?? null
        const alike = texts.filter((one) => stemOf(one) === stemOf(text))
        return { text: sheet, projectors: sheets, fits: whole ? await fitsOf(whole, alike, projectorBytes) : {} }
      }
      const found = await look().catch(named(text.files[0]?.url))
      return { ...found, fetchedBytes: fetchedBytes(), hasRanges: hasRanges() }
    },
  }

  /** How language models of one shape would run here, each with the projector. */
  async function fitsOf(
    { text, projector, name }: InspectedModel,
    texts: readonly { path: string; bytes: number }[],
    projectorBytes: number | null,
  ): Promise<Record<string, Fit>> {
    const machine = await engine.machine()
    const shape = {
      text: { ...text, tiedEmbeddings: text.weights.output === 0 },
      // without a projector its shape is not looked at
      projector: projector ?? {
        family: 'qwen2vl' as const,
        blocks: 1,
        embeddingLength: 1,
        ffnLength: 1,
        outputLength: 1,
      },
    }
    const file = { name, projectorBytes: projector ? projectorBytes : null, trainedContext: text.trainedContext }
    const sized = (bytes: number) => sizedModel(shape, { ...file, textBytes: bytes })
    return Object.fromEntries(texts.map(({ path, bytes }) => [path, estimateFit(sized(bytes), machine)]))
  }
}

/** A file's facts as the window shows them; one that is not what its name says has that as its problem. */
function sheetOf(
  path: string,
  expected: 'text' | 'projector',
  { kind, name, family, quantization, problem }: FileFacts,
): HeaderSheet {
  const isOther = kind !== expected && problem === null
  return {
    ...{ path, kind, name, quantization, family: family === null ? null : familyLabel(family) },
    problem: isOther ? `${posix.basename(path)} is ${kinds[kind]}, not ${kinds[expected]}.` : problem,
  }
}

/** What the names of one model's quantizations have in common. */
function stemOf({ path, quantization }: { path: string; quantization: string | null }): string {
  const name = posix
    .basename(path)
    .toLowerCase()
    .replace(/(-\d{5}-of-\d{5})?\.gguf$/, '')
  return quantization === null ? name : name.replace(quantization.toLowerCase(), '')
}
