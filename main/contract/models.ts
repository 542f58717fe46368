import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { ErrorInfo } from './errors.ts'
import { PictureBudget, Sha256 } from './media.ts'
import { ModelCheck, ModelFamily, ProjectorChoice } from './modelSheets.ts'
import { ProfileId } from './profiles.ts'
import { Sampling } from './sampling.ts'

/** A model's own defaults: they belong to the model, settings may override them. */
export const ModelDefaults = z.object({
  budget: PictureBudget,
  contextTokens: z.int().min(256),
  maxTokens: z.int().min(1),
  sampling: Sampling,
})
export type ModelDefaults = z.infer<typeof ModelDefaults>

/** A language model and its projector on disk. `projectorPath` null: answers text only. */
export const Model = z.object({
  id: z.string(),
  name: z.string(),
  /** Said in the window when the model is only a demonstration. */
  notice: z.string().nullable(),
  isDemo: z.boolean(),
  textPath: z.string(),
  projectorPath: z.string().nullable(),
  bytes: z.int(),
  defaults: ModelDefaults,
})
export type Model = z.infer<typeof Model>

export const models = {
  list: oc.output(z.array(Model)),
  /** Checks that both files are there, sound and fit each other, remembers the pair and makes it the current model. */
  add: oc
    .input(z.object({ textPath: z.string().min(1).max(4096), projectorPath: z.string().min(1).max(4096).nullable() }))
    .output(Model),
  choose: oc.input(z.object({ id: z.string() })).output(Model),
  /** Forgets the model; its files stay where they are. */
  remove: oc.input(z.object({ id: z.string() })).output(z.void()),
}

/** How a model is to be placed and computed; null: as the memory plan decides. */
export const Placement = z.object({
  contextTokens: z.int().min(256).nullable(),
  /** Layers on the graphics card at most. */
  gpuLayers: z.int().min(0).nullable(),
  kvType: z.enum(['f16', 'q8_0', 'q4_0']).nullable(),
})
export type Placement = z.infer<typeof Placement>

/** What the user chose for one model; null: the settings, then the model's own default. */
export const ModelOverrides = z.object({
  placement: Placement,
  budget: PictureBudget.nullable(),
  sampling: Sampling.nullable(),
  maxTokens: z.int().min(1).max(131_072).nullable(),
  systemPrompt: z.string().max(100_000).nullable(),
  /** Whether the model goes on from the text as it is, without its chat template, as base models do; null: it is chatted with. */
  rawPrompt: z.boolean().nullable(),
  /** The profile that it is asked with: its id; 'none': none; null: the one that its files are recognised by. */
  profileId: ProfileId.nullable(),
})
export type ModelOverrides = z.infer<typeof ModelOverrides>

/** What changes of the user's choices for one model; everything else stays. */
export const OverridesChange = ModelOverrides.extend({ placement: Placement.partial() }).partial()
export type OverridesChange = z.infer<typeof OverridesChange>

export const noOverrides: ModelOverrides = {
  placement: { contextTokens: null, gpuLayers: null, kvType: null },
  budget: null,
  sampling: null,
  maxTokens: null,
  systemPrompt: null,
  rawPrompt: null,
  profileId: null,
}

/** The choices after a change of them. */
export function changedOverrides(
  { placement, ...others }: ModelOverrides,
  { placement: placed = {}, ...change }: OverridesChange,
): ModelOverrides {
  return { ...others, ...withoutUndefined(change), placement: { ...placement, ...withoutUndefined(placed) } }
}

function withoutUndefined<T extends object>(of: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

/**
 * `unknown`: never computed. `verified`: equal to the source's. `computed`: no source to compare with. `changed`: not what
 * it was.
 */
export const DigestState = z.enum(['unknown', 'verified', 'computed', 'changed'])

/** A file of a model on disk. */
export const ModelFile = z.object({
  path: z.string(),
  role: z.enum(['text', 'projector', 'adapter']),
  bytes: z.int(),
  sha256: z.string().nullable(),
  digest: DigestState,
  /** False when it was moved or deleted by someone else. */
  exists: z.boolean(),
  /** The drive that it lies on while that is not connected; null when it is there, or gone. */
  awayDrive: z.string().nullable(),
  /** How strongly an adapter applies; null for other files. */
  scale: z.number().nullable(),
})
export type ModelFile = z.infer<typeof ModelFile>

/** A model of the library with everything that managing it needs. Times in ms since 1970. */
export const LibraryModel = z.object({
  model: Model,
  files: z.array(ModelFile),
  /** E.g. "Q4_K_M", and that of the projector. */
  quantization: z.string().nullable(),
  projectorQuantization: z.string().nullable(),
  family: ModelFamily.nullable(),
  trainedContext: z.int(),
  /** Where it came from, for people: "Hugging Face · Qwen/...", "LM Studio", "This computer". */
  origin: z.string(),
  /** Whether its files are in Sightline's own models folder, and deleted with it. */
  isOwned: z.boolean(),
  isCurrent: z.boolean(),
  addedAt: z.number(),
  lastUsedAt: z.number().nullable(),
  overrides: ModelOverrides,
})
export type LibraryModel = z.infer<typeof LibraryModel>

/** A model file found on this computer that is not in the library yet, with the projectors that fit it, best first. */
export const FoundModel = z.object({
  name: z.string(),
  /** Who keeps it: "LM Studio", "Ollama", "Msty", "llama.cpp", "Jan", "GPT4All", or the folder's name. */
  keeper: z.string(),
  /** The file, or the first of several. */
  textPath: z.string(),
  /** Those that surely fit it. */
  projectorPaths: z.array(z.string()),
  /**
   * Where nothing in its header tells its family: the best projector of each family whose width fits, likeliest first. Which
   * one is right has to be asked (both answer; one answers sense), also when there is only one. Empty: nothing to ask.
   */
  choices: z.array(ProjectorChoice),
  bytes: z.int(),
  quantization: z.string(),
  /** Id of a model of the library with the same content. */
  duplicateOf: z.string().nullable(),
  /** Why it cannot be used; null when it can. */
  problem: z.string().nullable(),
  /** Bytes that are written when a model in one file is taken apart into its two; null: it is used as it is. */
  apartBytes: z.int().nullable(),
  /** What to know before it is used: that no projector fits it, so it would answer text only. */
  note: z.string().nullable(),
})
export type FoundModel = z.infer<typeof FoundModel>

/**
 * How a model is taken over: where it is, as a copy in the models folder, or, when it is in one file with its projector, taken
 * apart into two in that folder.
 */
export const ImportMode = z.enum(['in-place', 'copy', 'apart'])
export type ImportMode = z.infer<typeof ImportMode>

/**
 * What the models take in bytes, each file counted once, in all and on each disk; the demo model is left out. `folder`: the
 * models folder.
 */
export const ModelSpace = z.object({
  folder: z.string(),
  bytes: z.int(),
  disks: z.array(z.object({ path: z.string(), modelBytes: z.int(), freeBytes: z.int(), totalBytes: z.int() })),
})
export type ModelSpace = z.infer<typeof ModelSpace>

/**
 * One step of a language model answering a question on a picture, with one projector after the other: it is loaded with one,
 * tells what it sees, and ends. A projector that fails does not end the trial.
 */
export const ProjectorTrial = z.discriminatedUnion('type', [
  z.object({ type: z.literal('loading'), projectorPath: z.string() }),
  z.object({ type: z.literal('text'), projectorPath: z.string(), text: z.string() }),
  z.object({ type: z.literal('done'), projectorPath: z.string() }),
  z.object({ type: z.literal('failed'), projectorPath: z.string(), error: ErrorInfo }),
])
export type ProjectorTrial = z.infer<typeof ProjectorTrial>

/** Progress of work on files that takes a while; the last event carries `result`. */
const progressed = <T extends z.ZodType>(result: T) =>
  eventIterator(z.object({ doneBytes: z.number(), bytes: z.number(), result: result.nullable() }))

const byId = z.object({ id: z.string() })

export const library = {
  /** The library at once, then whenever it changes. */
  watch: oc.output(eventIterator(z.array(LibraryModel))),
  rename: oc.input(z.object({ id: z.string(), name: z.string().trim().min(1).max(120) })).output(z.void()),
  /** Changes some of a model's defaults and gives all of them. */
  changeOverrides: oc.input(z.object({ id: z.string(), change: OverridesChange })).output(ModelOverrides),
  /** Computes the digests again and compares them. */
  verify: oc.input(byId).output(progressed(LibraryModel)),
  /** Shows a file in the system's file manager. Only with the `reveal` capability. */
  reveal: oc.input(byId).output(z.void()),
  /** What would be affected by deleting it: titles of conversations that it answered in last, and their number. */
  uses: oc.input(byId).output(z.object({ conversations: z.int(), titles: z.array(z.string()) })),
  /** Takes it from the list; `files` also deletes the files, which only those in the models folder may be. */
  remove: oc.input(z.object({ id: z.string(), files: z.boolean() })).output(z.void()),
  space: oc.output(ModelSpace),
  /** Moves the models folder with everything in it; what cannot be moved stays, and nothing is lost. */
  moveFolder: oc.input(z.object({ folder: z.string().min(1).max(4096) })).output(progressed(ModelSpace)),
  /** Model files in a folder, or where LM Studio, Ollama, llama.cpp, Jan and others keep theirs (null). */
  scan: oc.input(z.object({ path: z.string().min(1).max(4096).nullable() })).output(z.array(FoundModel)),
  /** Takes a model into the library. */
  import: oc
    .input(
      z.object({
        textPath: z.string().min(1).max(4096),
        projectorPath: z.string().min(1).max(4096).nullable(),
        mode: ImportMode,
        /** As the scan said, kept as where it came from. */
        keeper: z.string().max(120).optional(),
        /** As its keeper calls it; only for a model that is taken apart, whose file does not say. */
        name: z.string().max(120).optional(),
      }),
    )
    .output(progressed(LibraryModel)),
  /** Loads a language model with one projector after the other and asks each about a stored picture. */
  tryProjectors: oc
    .input(
      z.object({
        textPath: z.string().min(1).max(4096),
        projectorPaths: z.array(z.string().min(1).max(4096)).min(1).max(4),
        picture: Sha256,
        question: z.string().min(1).max(2000),
      }),
    )
    .output(eventIterator(ProjectorTrial)),
  /** Keeps which family a language model is of whose header does not tell it, so that nobody is asked again. */
  chooseFamily: oc.input(z.object({ textPath: z.string().min(1).max(4096), family: ModelFamily })).output(z.void()),
  /** The projectors of this computer that a model could have, to choose another one of. */
  projectors: oc.input(byId).output(z.array(ProjectorChoice)),
  /** Gives a model another projector, or none. */
  setProjector: oc
    .input(z.object({ id: z.string(), projectorPath: z.string().min(1).max(4096).nullable() }))
    .output(z.void()),
  /** Adds a LoRA adapter to a model, or takes it away (scale null). */
  setAdapter: oc
    .input(
      z.object({ id: z.string(), path: z.string().min(1).max(4096), scale: z.number().min(-10).max(10).nullable() }),
    )
    .output(z.void()),
}

export const modelFiles = {
  /** What files are, from their headers; never refuses a file, its sheet says what is wrong with it. */
  check: oc.input(z.object({ paths: z.array(z.string().min(1).max(4096)).min(1).max(64) })).output(ModelCheck),
}
