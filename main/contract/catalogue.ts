import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ModelFamily, ModelFileSheet, PairVerdict } from './modelSheets.ts'

/** A place that models are downloaded from. `mirror`: a server of the user's choice that answers like Hugging Face. */
export const SourceName = z.enum(['huggingface', 'mirror', 'modelscope'])
export type SourceName = z.infer<typeof SourceName>

/** One public repository of GGUF files of an entry. `foundAt`: where that was read; `isConfirmed` false: nobody has looked. */
export const CatalogueRepository = z.object({
  source: SourceName,
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  isConfirmed: z.boolean(),
  foundAt: z.string(),
})
export type CatalogueRepository = z.infer<typeof CatalogueRepository>

/**
 * The one thing that a fine-tune does better than the model it was made from. `pages`: reads pages of text; `screens`: points
 * at what to click on a picture of a screen.
 */
export const ModelJob = z.enum(['pages', 'screens'])
export type ModelJob = z.infer<typeof ModelJob>

/** A model that can be had. Its quantizations are read from its repositories when they are asked for. */
export const CatalogueEntry = z.object({
  id: z.string(),
  name: z.string(),
  family: ModelFamily,
  /** E.g. "2B"; of a mixture of experts with those that a token goes through: "30B-A3B". */
  parameters: z.string(),
  /** `thinking`: it always thinks before it answers. */
  kind: z.enum(['instruct', 'thinking', 'base']),
  job: ModelJob.nullable().default(null),
  licence: z.object({ name: z.string(), url: z.url(), allowsCommercialUse: z.boolean() }),
  /** The pages where the licence, and the sizes that estimates are made from, were read. */
  licenceFoundAt: z.url(),
  shapeFoundAt: z.url(),
  /** Tokens it was trained for. */
  contextTokens: z.int(),
  goodAt: z.string(),
  repositories: z.array(CatalogueRepository).min(1),
})
export type CatalogueEntry = z.infer<typeof CatalogueEntry>

/** A file of a repository. `sha256` is the source's own digest, hexadecimal; null when it tells none. */
export const RemoteFile = z.object({
  path: z.string(),
  url: z.url(),
  bytes: z.int().min(0),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
})
export type RemoteFile = z.infer<typeof RemoteFile>

/**
 * How a model would run here. `gpu`: all on the graphics card, `partial`: some layers, `cpu`: none, `no`: it does not fit.
 * `sentence` says it in words.
 */
export const Fit = z.object({
  level: z.enum(['gpu', 'partial', 'cpu', 'no']),
  contextTokens: z.int(),
  gpuLayers: z.int(),
  layers: z.int(),
  /** Memory it takes with that context and a usual picture, and what is free for it, in bytes. */
  neededBytes: z.int(),
  freeBytes: z.int(),
  /** Estimated tokens per second of an answer, and the class that goes with it; null where nothing fits. */
  tokensPerSecond: z.number().nullable(),
  /** Estimated time until a picture of 1,024 tokens is encoded and in the context, in seconds; null: not known. */
  pictureSeconds: z.number().nullable(),
  speed: z.enum(['fast', 'comfortable', 'slow', 'very slow']).nullable(),
  sentence: z.string(),
})
export type Fit = z.infer<typeof Fit>

/**
 * How an entry would run here in its usual quantization, by its shape alone: nothing is asked for. `memory`: what it takes with
 * so many pictures of 1,024 tokens in one conversation, in bytes.
 */
export const EntryFit = z.object({
  entryId: z.string(),
  fit: Fit,
  memory: z.array(z.object({ pictures: z.int(), bytes: z.int() })),
})
export type EntryFit = z.infer<typeof EntryFit>

/** One quantization of an entry with the projector that goes with it, as one download. */
export const Quantization = z.object({
  /** Unique within its entry, e.g. "Q4_K_M". */
  name: z.string(),
  bits: z.number(),
  /** One file, or the parts of a split one in order. */
  textFiles: z.array(RemoteFile).min(1),
  projector: RemoteFile.nullable(),
  downloadBytes: z.int(),
  hasDiskSpace: z.boolean(),
  /** The model that was made of it, when it has been downloaded. */
  modelId: z.string().nullable(),
  fit: Fit,
})
export type Quantization = z.infer<typeof Quantization>

/** A repository that comes earlier in the order and is not used. `reason` completes "It ...", e.g. "is not there any more". */
export const PassedOver = z.object({ source: SourceName, repository: z.string(), reason: z.string() })
export type PassedOver = z.infer<typeof PassedOver>

/** What an entry's repository holds right now. */
export const Offer = z.object({
  entryId: z.string(),
  source: SourceName,
  repository: z.string(),
  /** The commit that the files belong to; downloads are pinned to it. */
  revision: z.string(),
  /** Those that come before it, with why another one is used. */
  passedOver: z.array(PassedOver),
  /** Smallest first. */
  quantizations: z.array(Quantization),
  /** Name of the one that suits this computer best, and why in a sentence; null when none fits. */
  recommended: z.string().nullable(),
  reason: z.string(),
})
export type Offer = z.infer<typeof Offer>

/** A language model of a repository: one file, or the parts of a split one. */
export const RepositoryText = z.object({
  /** Of its first file; names it within the repository. */
  path: z.string(),
  /** What its download is called beside the others': "Q4_K_M", else the file's name. */
  label: z.string(),
  /** By its name; null when that tells none. */
  quantization: z.string().nullable(),
  files: z.array(RemoteFile).min(1),
  bytes: z.int(),
  hasDiskSpace: z.boolean(),
  modelId: z.string().nullable(),
})
export type RepositoryText = z.infer<typeof RepositoryText>

/** `part`: of a split model of which others are missing. `other`: no model, e.g. a README or the original weights. */
export const RepositoryFile = z.object({
  path: z.string(),
  bytes: z.int(),
  quantization: z.string().nullable(),
  role: z.enum(['projector', 'adapter', 'part', 'other']),
})
export type RepositoryFile = z.infer<typeof RepositoryFile>

/** Any repository of a source, its files by what their names say. */
export const Repository = z.object({
  /** Its source, name and revision. */
  id: z.string(),
  source: SourceName,
  /** As its source calls it now; `askedFor` as it was typed, when that is another name. */
  repository: z.string(),
  askedFor: z.string().nullable(),
  revision: z.string(),
  texts: z.array(RepositoryText),
  /** The one to take first comes first. */
  projectors: z.array(RepositoryFile),
  others: z.array(RepositoryFile),
  /** Paths of what was asked for, else of what is usual. */
  text: z.string().nullable(),
  projector: z.string().nullable(),
})
export type Repository = z.infer<typeof Repository>

/** What the header of a file at its source says. `problem`: why it cannot be used. */
export const HeaderSheet = z.object({
  path: z.string(),
  kind: ModelFileSheet.shape.role,
  name: z.string(),
  /** E.g. "Qwen2.5-VL"; null when nothing tells it. */
  family: z.string().nullable(),
  quantization: z.string().nullable(),
  problem: z.string().nullable(),
})
export type HeaderSheet = z.infer<typeof HeaderSheet>

/** A language model of a repository beside its projectors, by their headers. */
export const Examination = z.object({
  text: HeaderSheet,
  /** With whether each belongs to the language model, and why it does not or why that is not sure; null: one of them cannot be used. */
  projectors: z.array(
    HeaderSheet.extend({ verdict: PairVerdict.shape.verdict.nullable(), why: z.string().nullable() }),
  ),
  /** How the repository's language models of the same shape would run here, by path. */
  fits: z.record(z.string(), Fit),
  /** What was fetched for it. */
  fetchedBytes: z.int(),
  /** Whether the source sends parts of files, so that what was fetched counts for the download. */
  hasRanges: z.boolean(),
})
export type Examination = z.infer<typeof Examination>

/** The entry and quantization to begin with on this computer; null when nothing fits. */
export const Recommendation = z.object({
  entryId: z.string(),
  name: z.string(),
  quantization: z.string(),
  downloadBytes: z.int(),
  /** Why, in a sentence. */
  reason: z.string(),
})
export type Recommendation = z.infer<typeof Recommendation>

/** How the whole catalogue would run here, and which of it to begin with; null when nothing fits. Asks no source. */
export const CatalogueFits = z.object({
  entries: z.array(EntryFit),
  recommended: z.object({ entryId: z.string(), reason: z.string() }).nullable(),
})
export type CatalogueFits = z.infer<typeof CatalogueFits>

/** What this computer has. Memory and disk in bytes. */
export const Machine = z.object({
  cpu: z.string(),
  cores: z.int(),
  memoryBytes: z.int(),
  freeMemoryBytes: z.int(),
  gpus: z.array(z.object({ name: z.string(), memoryBytes: z.int(), freeBytes: z.int(), isShared: z.boolean() })),
  /** Where models are kept, and what is free there. */
  modelsFolder: z.string(),
  freeDiskBytes: z.int(),
})
export type Machine = z.infer<typeof Machine>

export const catalogue = {
  list: oc.output(z.array(CatalogueEntry)),
  machine: oc.output(Machine),
  fits: oc.output(CatalogueFits),
  /** Reads the listing of the first source that answers. */
  offer: oc.input(z.object({ entryId: z.string() })).output(Offer),
  /** Lists any repository of Hugging Face, ModelScope or the mirror: "owner/name", or an address of it or of one of its files. */
  repository: oc.input(z.object({ address: z.string().min(1).max(2048) })).output(Repository),
  /** Reads the headers of one of its language models and of its projectors, a few MB. */
  examine: oc.input(z.object({ repositoryId: z.string().max(600), text: z.string().max(512) })).output(Examination),
  recommend: oc.output(Recommendation.nullable()),
  /** Whether a token for gated files is kept for each source. */
  tokens: oc.output(z.record(SourceName, z.boolean())),
  /** Keeps a token in the shell's secret storage; null forgets it. */
  setToken: oc.input(z.object({ source: SourceName, token: z.string().min(1).max(4096).nullable() })).output(z.void()),
}
