import { oc } from '@orpc/contract'
import { z } from 'zod'

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

/** A model that can be had. Its quantizations are read from its repositories when they are asked for. */
export const CatalogueEntry = z.object({
  id: z.string(),
  name: z.string(),
  family: z.enum(['qwen2vl', 'qwen25vl']),
  /** E.g. "2B". */
  parameters: z.string(),
  kind: z.enum(['instruct', 'base']),
  licence: z.object({ name: z.string(), url: z.url(), allowsCommercialUse: z.boolean() }),
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
  sha256: z.string().regex(/^[0-9a-f]{64}$/).nullable(),
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
  speed: z.enum(['fast', 'comfortable', 'slow', 'very slow']).nullable(),
  sentence: z.string(),
})
export type Fit = z.infer<typeof Fit>

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

/** What an entry's repository holds right now. */
export const Offer = z.object({
  entryId: z.string(),
  source: SourceName,
  repository: z.string(),
  /** The commit that the files belong to; downloads are pinned to it. */
  revision: z.string(),
  /** Smallest first. */
  quantizations: z.array(Quantization),
  /** Name of the one that suits this computer best, and why in a sentence; null when none fits. */
  recommended: z.string().nullable(),
  reason: z.string(),
})
export type Offer = z.infer<typeof Offer>

/** The entry and quantization to begin with on this computer; null when nothing fits. */
export const Recommendation = z.object({ entryId: z.string(), name: z.string(), quantization: z.string(), downloadBytes: z.int(), reason: z.string() })
export type Recommendation = z.infer<typeof Recommendation>

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
  /** Reads the listing of the first source that answers. */
  offer: oc.input(z.object({ entryId: z.string() })).output(Offer),
  recommend: oc.output(Recommendation.nullable()),
  /** Whether a token for gated files is kept for each source. */
  tokens: oc.output(z.record(SourceName, z.boolean())),
  /** Keeps a token in the shell's secret storage; null forgets it. */
  setToken: oc.input(z.object({ source: SourceName, token: z.string().min(1).max(4096).nullable() })).output(z.void()),
}
