import type { DigestState, Model, ModelFamily, ModelOverrides } from '#contract'
import type { z } from 'zod'

/**
 * What tells what a model is a fine-tune of: what its header calls it and what it was made from, what tells most first, each with the
 * key where it stands, and its chat template.
 */
export interface Called {
  readonly names: readonly { readonly of: string; readonly text: string }[]
  readonly chatTemplate: string | null
}

/** Facts of a model's headers, as loading would need them; `Called` where it was read. Sizes in bytes. */
export interface ModelFacts extends Partial<Called> {
  readonly name: string
  readonly family: ModelFamily | null
  readonly quantization: string
  readonly projectorQuantization: string | null
  /** Tokens the model was trained for. */
  readonly trainedContext: number
  readonly bytes: number
  /** The language model's file, or all files of a split one in order. */
  readonly textPaths: readonly string[]
}

/** Reads and checks a pair of files and adapters for it; throws what loading them would throw. */
export type InspectModel = (files: ModelPair, adapters?: readonly string[]) => Promise<ModelFacts>

/** What one GGUF file is. `width`: of the vectors a language model takes, or a projector gives. Sizes in bytes. */
export interface FileFacts {
  readonly kind: 'text' | 'projector' | 'adapter' | 'combined' | 'piece' | 'other'
  readonly name: string
  /** Id of its family (lib/families), also of those that do not run; null: nothing tells it. */
  readonly family: string | null
  readonly width: number | null
  readonly quantization: string | null
  readonly bytes: number
  readonly paths: readonly string[]
  /** Bytes of the two files that a model in one file becomes when it is taken over; null for any other file. */
  readonly oneFile: { readonly textBytes: number; readonly projectorBytes: number } | null
  readonly problem: string | null
}

/** A file to be written: its header, then runs of another file's bytes in the order in which they stand there. */
export interface FilePlan {
  readonly header: Buffer
  readonly runs: readonly { readonly from: number; readonly to: number; readonly bytes: number }[]
  readonly bytes: number
  /** Whether a clone of the other file becomes this one when it gets this header and ends after `bytes`. */
  readonly isClone: boolean
}

/** How a model in one file becomes a language model and a projector; throws what loading them would throw. */
export type PlanOneFile = (
  path: string,
  name: string,
) => Promise<{ readonly text: FilePlan; readonly projector: FilePlan }>

/** What a file is; never throws for a file, only the signal's reason. */
export type InspectFile = (path: string, signal?: AbortSignal) => Promise<FileFacts>

/** A language model (the first file of a split one) and its projector. */
export interface ModelPair {
  readonly textPath: string
  readonly projectorPath: string | null
}

/** Where a model came from. `label` is for people; the entry and quantization are those of the catalogue. */
export interface Origin {
  readonly label: string
  readonly entryId: string | null
  readonly quantization: string | null
}

/** What is known of a model beside its files when it is added. */
export interface About {
  /** Shown instead of the name in its header. */
  readonly name?: string
  readonly origin?: Origin
  /** The source's SHA-256 by path, which the files have. */
  readonly verified?: ReadonlyMap<string, string>
  /** SHA-256 by path that was computed here. */
  readonly computed?: ReadonlyMap<string, string>
  /** Fingerprint of the one file that it was taken apart from. */
  readonly apartFrom?: string
}

/** An adapter of a model and how strongly it applies. */
export interface Adapter {
  readonly path: string
  readonly scale: number
}

/** A file of an entry. `sourceSha256`: what its source says. */
export interface EntryFile {
  readonly path: string
  readonly role: 'text' | 'projector' | 'adapter'
  readonly bytes: number
  readonly sha256: string | null
  readonly sourceSha256: string | null
  readonly digest: z.infer<typeof DigestState>
  readonly scale: number | null
}

/** A model as the library keeps it; the first file is what is loaded. */
export interface Entry {
  readonly model: Model
  readonly quantization: string | null
  readonly projectorQuantization: string | null
  readonly family: ModelFamily | null
  readonly trainedContext: number
  readonly origin: Origin
  readonly addedAt: number
  readonly lastUsedAt: number | null
  readonly overrides: ModelOverrides
  /** null: not read yet. */
  readonly called: Called | null
  /** Fingerprint of the one file that it was taken apart from; null for any other. */
  readonly apartFrom: string | null
  readonly files: readonly EntryFile[]
}

/** Work on files that takes a while: hears how far it is, and ends with the signal's reason when it aborts. */
export interface Work {
  readonly onProgress: (doneBytes: number, bytes: number) => void
  readonly signal: AbortSignal
}
