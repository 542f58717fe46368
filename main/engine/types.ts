import type {
  CoordinateSpace,
  ErrorInfo,
  Fit,
  MediaCount,
  ModelCheck,
  ModelFamily,
  PictureBudget,
  PictureMark,
  Placement,
  Progress,
  Sampling,
  Seen,
  Thinking,
  ThinkingForm,
  Timings,
  Usage,
  VisionHow,
  VisionSetting,
} from '#contract'

/** The two files of a model. No projector: text only. */
export interface ModelFiles {
  readonly textPath: string
  readonly projectorPath: string | null
}

/**
 * Where bytes come from: a file, or the bytes themselves (a data: address). `name` is what errors call it. `digest` names
 * the content and `size` is that of the picture as it is shown, in pixels, where the caller knows them: the file is not
 * read to find them out, so that a question of stored media is counted without touching one of their files.
 */
export type Source = (
  | { readonly path: string; readonly digest?: string; readonly size?: PictureSize; readonly name?: string }
  | { readonly bytes: Uint8Array; readonly name: string }
) & {
  readonly page?: number
  /** Only this of the picture is seen. `digest` and `size` are those of the whole. */
  readonly part?: PicturePart
}

/** A part of a picture as it is shown: a box in shares of its width and height, unset: all of it; then turned, in degrees against the clock. */
export interface PicturePart {
  readonly box?: { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  readonly turn?: 0 | 90 | 180 | 270
}

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** A file of the core's own stores, of which everything is known that a request needs before it is decoded. */
export interface StoredSource {
  readonly path: string
  readonly digest: string
  readonly size: PictureSize
  readonly name: string
}

/** How large the model sees a picture; sizes in pixels, rounded to multiples of 28. Unset: the request's budget. */
export interface SizeOptions {
  readonly minPixels?: number
  readonly maxPixels?: number
  readonly resizedWidth?: number
  readonly resizedHeight?: number
  /** A picture is first scaled so that this side has so many pixels; the limits hold after that. */
  readonly longestSide?: number
  readonly shortestSide?: number
}

export type ChatPart =
  /** `isSized`: `{width}` and `{height}` in it become those of the last picture as the model gets it, in pixels. */
  | { readonly type: 'text'; readonly text: string; readonly isSized?: boolean }
  /** `marks`: what was drawn on it, told after it as its model was taught to read it. */
  | ({ readonly type: 'image'; readonly source: Source; readonly marks?: readonly PictureMark[] } & SizeOptions)
  /** `fps`: frames per second of this list; `seconds`: when each is shown after the start of its video, where that is not even. */
  | ({
      readonly type: 'video'
      readonly frames: readonly Source[]
      readonly fps?: number
      readonly seconds?: readonly number[]
    } & SizeOptions)

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: readonly ChatPart[]
  /** Of an answer: what was thought before it, which templates get that ask for it; most leave it out of earlier turns. */
  readonly reasoning?: string
}

/** How the KV cache is kept, how far it reaches, and where and how a model computes. */
export interface ContextOptions {
  /** Number type of the KV cache; auto: full precision for full-precision weights, f16 otherwise. */
  readonly kvType?: 'auto' | 'f32' | 'f16' | 'q8_0' | 'q4_0'
  /** auto: where the backend has it and the cache is not f32. Quantized caches need it on. */
  readonly flashAttention?: 'auto' | 'on' | 'off'
  /** Reaches `yarnFactor` times beyond the trained context (YaRN). Unset: off, as the model card advises. */
  readonly yarnFactor?: number
  /** Layers on the GPU at most; unset: as many as fit. A model that was loaded with another number is loaded again. */
  readonly gpuLayers?: number
  /** How the processor looks at pictures; unset: balanced. A model that was loaded with another one is loaded again. */
  readonly vision?: VisionSetting | undefined
}

/** A LoRA adapter file (GGUF) and how strongly it applies. */
export interface LoraAdapter {
  readonly path: string
  readonly scale: number
}

/**
 * What an answer must look like: a GBNF grammar, or a JSON schema that is turned into one. The schema is its text, because an
 * object would lose the order of its properties and the digits of its numbers.
 */
export type AnswerFormat = { readonly grammar: string } | { readonly jsonSchema: string }

/** An answer that was begun earlier and is gone on with: what is generated follows its last token. */
export interface BegunAnswer {
  readonly text: string
  /** The thought before it; unset: there was none. */
  readonly reasoning?: string
  /** Its tokens as they were generated. Where they are unset, or not those of the text, the text is tokenized. */
  readonly tokens?: readonly number[]
}

/** One question with all that came before it. */
export interface AnswerRequest {
  readonly model: ModelFiles
  readonly messages: readonly ChatMessage[]
  /** What there is of the answer already; its figures count with those of what comes, its length does not. Unset: nothing. */
  readonly begun?: BegunAnswer
  /**
   * Whether its answer may be gone on with: what is cut within a character then ends before it; unset: not, it ends with a
   * replacement character as the reference's decoder writes it.
   */
  readonly mayGoOn?: boolean
  readonly budget: PictureBudget
  /** Size of the context in tokens; null: as large as the prompt needs, up to what the model was trained for. */
  readonly contextTokens: number | null
  /** The longest answer, in tokens; a thought before it does not count. */
  readonly maxTokens: number
  readonly sampling: Sampling
  /** Whether the model may think first, where its template has a switch; unset: what the template does by itself. */
  readonly thinking?: Thinking
  /**
   * The longest thought, in tokens; the engine then closes it and the model goes on to its answer. null or unset: as long
   * as the context leaves room for an answer.
   */
  readonly thinkingBudget?: number | null
  /** What the coordinates of marks on pictures count; unset: what models of the family were taught. */
  readonly space?: CoordinateSpace
  readonly context?: ContextOptions
  readonly lora?: readonly LoraAdapter[]
  readonly format?: AnswerFormat
  /** The answer ends before the first of these; a thought may hold them. */
  readonly stop?: readonly string[]
  /**
   * What comes begins with a thought that no tag opens or closes. The answer begins with the first of these, which is part of it,
   * at the latest with the last paragraph. Unset: there is no such thought.
   */
  readonly thoughtUntil?: readonly string[]
  /** `Picture 1: ` labels; unset: when the conversation holds more than one picture or video. */
  readonly visionId?: boolean
  /** So many pictures and videos of the conversation are left out before the first message: numbers go on from there. Unset: none. */
  readonly numbersFrom?: MediaCount
  /**
   * Without the chat template: the model goes on from the texts as they stand, and special tokens written in them count.
   * For base models, which were not taught to chat.
   */
  readonly isRaw?: boolean
  /**
   * Go on past the end token, for comparisons: no thought is told from the answer then or closed, and `maxTokens` counts
   * everything.
   */
  readonly ignoreEos?: boolean
}

export interface AnswerResult {
  /** Ids of the generated tokens, the end token not included. */
  readonly tokens: readonly number[]
  readonly promptIds: readonly number[]
  readonly usage: Usage
  readonly timings: Timings
  readonly finishReason: 'stop' | 'length' | 'aborted'
  /** What a user must know of the pictures that were shown, each with its file's name: pages, damage. Unset: nothing. */
  readonly notes?: readonly string[]
}

/**
 * What an answer yields: once what the model sees, progress before the first token, then text as it is generated, then the
 * result once. `reasoning`: a thought before the text, as it is generated; `reasoned`: it has ended, by itself or with the
 * answer; `ms` since the first token.
 */
export type AnswerEvent =
  | { readonly type: 'seen'; readonly seen: Seen }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'reasoned'; readonly ms: number; readonly tokens: number }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'done'; readonly result: AnswerResult }

/** What a batch yields: thought and text of the request at `index`, and its end once. */
export type BatchEvent =
  | { readonly type: 'reasoning'; readonly index: number; readonly text: string }
  | { readonly type: 'text'; readonly index: number; readonly text: string }
  | { readonly type: 'done'; readonly index: number; readonly result: AnswerResult }
  | { readonly type: 'failed'; readonly index: number; readonly error: ErrorInfo }

export interface BatchOptions {
  readonly signal?: AbortSignal
  /** Sequences that share a step of the model; 4 unless told. */
  readonly parallel?: number
  /** Nobody waits for it: where memory is short it fails, and the model stays as it is. */
  readonly isSpare?: boolean
}

/** Exact prompt tokens of a request, per part of its last message and in all. `text`, `pictures` and `video` make up `total`. */
export interface TokenCount {
  readonly lastMessage: readonly number[]
  readonly total: number
  readonly text: number
  readonly pictures: number
  readonly video: number
  /** Tokens that its context would hold, memory allowing. */
  readonly context: number
}

/** What computes: a GPU variant of the libraries, or the CPU. `auto`: the first that works on this computer. */
export type BackendChoice = 'auto' | GpuVariant | 'cpu'
export type GpuVariant = 'cuda' | 'vulkan' | 'metal'

/** The lengths of a language model; `tiedEmbeddings`: the token embeddings serve for the output too. */
export interface TextShape {
  readonly blocks: number
  readonly embeddingLength: number
  readonly feedForwardLength: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  /** Of a mixture: how many there are, how many of them a token goes through, and the width of one; else null or unset. */
  readonly experts?: {
    readonly count: number
    readonly used: number
    readonly feedForwardLength: number
    /** Of the one that every token goes through beside them; unset: there is none. */
    readonly sharedLength?: number
  } | null
  /** Of a hybrid model: which blocks have a recurrent state instead of keys and values, and its sizes; else null or unset. */
  readonly recurrent?: {
    readonly isRecurrent: readonly boolean[]
    readonly kernel: number
    readonly headLength: number
    readonly keyHeads: number
    readonly valueHeads: number
  } | null
  readonly vocabSize: number
  readonly tiedEmbeddings: boolean
}

/** The lengths of a model whose files are not there yet. */
export interface ModelShape {
  readonly text: TextShape
  readonly projector: {
    readonly family: ModelFamily
    readonly blocks: number
    readonly embeddingLength: number
    readonly ffnLength: number
    readonly outputLength: number
    /** Of a whole row, which stands for one token; unset: `outputLength`, no block of it has an output of its own. */
    readonly rowLength?: number
  } | null
}

/** Additions and multiplications that one core of the processor does in a second in a vision tower. */
export interface TowerSpeed {
  /** In products with its matrices. */
  readonly products: number
  /** Of patches with each other. */
  readonly attention: number
}

/** What the engine can compute with. Memory in bytes; what the model in memory takes counts as free: another would take its place. */
export interface MachineFacts {
  /** The processor as its maker names it. */
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly systemFreeBytes: number
  readonly devices: readonly DeviceInfo[]
  /** Weights that the processor multiplies with in a second, in bytes, as measured once; 0: not yet, because something computes. */
  readonly cpuBytesPerSecond: number
  /** Additions and multiplications of all its cores in a second, in products with many vectors at once; unset: not measured. */
  readonly cpuFlops?: number | undefined
  /** How fast it computes a large vision tower with each choice; null: a graphics card does, or it was not measured. */
  readonly towers?: Readonly<Record<VisionSetting, TowerSpeed>> | null | undefined
  /** How the processor is to look at pictures; unset: balanced. */
  readonly vision?: VisionSetting | undefined
}

/** A device of the loaded libraries. Memory in bytes, as the driver reports it. */
export interface DeviceInfo {
  readonly name: string
  readonly description: string
  readonly kind: 'cpu' | 'gpu' | 'integrated' | 'accelerator'
  readonly totalBytes: number
  readonly freeBytes: number
  /** Whether its memory is that of the system (integrated graphics, Apple silicon). */
  readonly isShared: boolean
}

/** What a plan puts on one device, in bytes. `picture`: the scratch memory of the largest planned picture. */
export interface PlanPart {
  readonly device: string
  readonly weights: number
  readonly projector: number
  readonly kv: number
  readonly picture: number
  /** Scratch memory of the language model, and what the process and the driver take for themselves. */
  readonly overhead: number
  readonly total: number
  /** What was free there when the plan was made. */
  readonly free: number
}

/** Where a model goes, decided before it is loaded. The first part is the CPU's. */
export interface MemoryPlan {
  /** Layers of the language model on the GPU, the output layer counted as one; of `layers`. */
  readonly gpuLayers: number
  readonly layers: number
  /** Name of the device that encodes pictures; null: the CPU. */
  readonly visionDevice: string | null
  readonly contextTokens: number
  /** The largest picture whose scratch memory is planned for, in pixels. */
  readonly picturePixels: number
  readonly parts: readonly PlanPart[]
  readonly total: number
}

/** The plan of a placement, which may not fit, and what that means. */
export interface PlacementCost {
  readonly plan: MemoryPlan
  readonly fit: Fit
}

/** The engine's own state; `model` is what is loaded or being loaded. */
export interface EngineState {
  readonly state: 'off' | 'loading' | 'ready' | 'restarting' | 'failed'
  readonly model: ModelFiles | null
  /** 0..1 while loading. */
  readonly progress: number | null
  readonly backend: string | null
  readonly contextTokens: number | null
  readonly error: ErrorInfo | null
  /** What the loaded model's template does about thoughts. Unset before it is loaded. */
  readonly thinking?: ThinkingForm
  /** Why no GPU computes; null when one does. Unset before the libraries are loaded. */
  readonly noGpuReason?: string | null
  /** llama.cpp's release, e.g. "v0.4.0". Unset before the libraries are loaded. */
  readonly release?: string
  readonly devices?: readonly DeviceInfo[]
  readonly plan?: MemoryPlan | null
  /** How the loaded model looks at pictures; null: it has no projector. Unset before it is loaded. */
  readonly vision?: VisionHow | null
  /** What the user should know of how the model runs: a plan that had to be lowered, a process that was renewed. */
  readonly note?: string | null
  /** Resident memory of the engine process, in bytes. */
  readonly residentBytes?: number
  /**
   * How long the loaded model took for the last picture or pair of frames that it encoded, and its tokens. Unset before the
   * first.
   */
  readonly encoding?: { readonly tokens: number; readonly ms: number }
}

export interface AnswerOptions {
  /** Aborting ends the answer within 200 ms with a `done` event of finishReason "aborted". */
  readonly signal?: AbortSignal
  /** Keeps the KV cache of this conversation for its next question. */
  readonly conversationId?: string
}

export interface CountOptions {
  /** Aborting gives the count up at once, also one that waits. */
  readonly signal?: AbortSignal
}

export interface LoadOptions {
  /** Aborting ends the loading; `load` then throws AppError Interrupted and nothing is loaded. */
  readonly signal?: AbortSignal
  readonly context?: ContextOptions
}

/** What the core sees of the engine. Every method throws `AppError`; no native code runs in the caller's process. */
export interface Engine {
  readonly state: EngineState
  onState(listener: (state: EngineState) => void): () => void
  /** Loads the model, or does nothing when it is loaded with the same context and options. */
  load(model: ModelFiles, contextTokens: number, options?: LoadOptions): Promise<void>
  unload(): Promise<void>
  /** One answer at a time; others wait their turn. Loads the model first when needed. */
  answer(request: AnswerRequest, options?: AnswerOptions): AsyncIterable<AnswerEvent>
  /**
   * Answers many requests of one model together, in any order. A question through `answer` goes first: the batch waits
   * for it. Throws what ends all of it; what ends one request is a `failed` event.
   */
  batch(model: ModelFiles, requests: readonly AnswerRequest[], options?: BatchOptions): AsyncIterable<BatchEvent>
  /**
   * The exact prompt tokens of a request, at once, also while an answer is being written. Loads the model first when needed.
   * @throws AppError Interrupted when `signal` aborts; what loads the model then goes on, because its user will want it.
   */
  count(request: AnswerRequest, options?: CountOptions): Promise<TokenCount>
  /**
   * Encodes the pictures of a message that is still being written and computes everything before its question, at low
   * priority: an `answer`, a `batch`, a `load` or a newer `prepare` interrupts it, and uses what is done; a `count` does not.
   * @throws AppError Interrupted then.
   */
  prepare(request: AnswerRequest, options?: AnswerOptions): Promise<TokenCount>
  /** Deletes what is kept on disk of a conversation. */
  forget(conversationId: string): Promise<void>
  /** Deletes the embeddings kept on disk of media with these digests; one that ends in `:…` is named by what stands before. */
  forgetMedia(names: readonly string[]): Promise<void>
  /** What there is to compute with. Starts the process when it does not run; loads no model. */
  machine(): Promise<MachineFacts>
  /**
   * What exactly this placement of a model would cost, without loading it, where the processor looks at pictures as `vision`
   * says. Throws what `inspect` throws.
   */
  plan(model: ModelFiles, placement: Placement, vision?: VisionSetting): Promise<PlacementCost>
  /** A model that nobody has used for so long is unloaded, from now on; null: never. ms. */
  setIdleUnload(ms: number | null): void
  /** Reads and checks the files, and adapters for them, without loading them; throws what loading would throw for them. */
  inspect(model: ModelFiles, adapters?: readonly string[]): Promise<ModelSummary>
  /** What one GGUF file is, without starting the engine's process. Never throws for a file: it has a `problem` then. */
  inspectFile(path: string, signal?: AbortSignal): Promise<FileFacts>
  /**
   * How a model in one file (`FileFacts.oneFile`) is taken apart; writes nothing. `name`: what it is called where its
   * header does not say. Throws what `inspect` throws.
   */
  planOneFile(path: string, name: string): Promise<OneFilePlan>
  /** What each file is, for people, and which of them belong together, without starting the engine's process. */
  checkFiles(paths: readonly string[], signal?: AbortSignal): Promise<ModelCheck>
  close(): Promise<void>
}

export type { ModelFamily } from '#contract'

/** Facts from the files' headers. Sizes in bytes. */
export interface ModelSummary {
  readonly name: string
  readonly architecture: string
  /** By the projector, else by the model's names; null: not told. */
  readonly family: ModelFamily | null
  /** E.g. "Q4_K_M". */
  readonly quantization: string
  readonly projectorQuantization: string | null
  /** Width of the vectors that the model takes. */
  readonly embeddingLength: number
  /** Tokens the model was trained for. */
  readonly trainedContext: number
  readonly bytes: number
  /** The language model's file, or all files of a split one in order. */
  readonly textPaths: readonly string[]
  /** What it calls itself and what it was made from, what tells most first; `of` names where each stands. */
  readonly names: readonly { readonly of: string; readonly text: string }[]
  readonly chatTemplate: string | null
}

/** What a GGUF file is. Sizes in bytes. */
export interface FileFacts {
  /** `combined`: language model and projector in one file. `piece`: of a file that was cut up for its download. */
  readonly kind: 'text' | 'projector' | 'adapter' | 'combined' | 'piece' | 'other'
  readonly name: string
  /** Id of its family (lib/families), also of those that do not run; null: nothing tells it. */
  readonly family: string | null
  /** What in the file tells the family, for people; null when nothing does. */
  readonly familyFrom: string | null
  /** The tool that made it and when, as far as that shows, for people. */
  readonly converter: string | null
  /** Width of the vectors that a language model takes, or that a projector gives. */
  readonly width: number | null
  readonly quantization: string | null
  /** Tokens a language model was trained for. */
  readonly trainedContext: number | null
  /** Of all parts of a split model. */
  readonly bytes: number
  /** The file, or all parts of a split model in order. */
  readonly paths: readonly string[]
  /** Bytes of the two files that a model in one file becomes when it is taken over; null for any other file. */
  readonly oneFile: { readonly textBytes: number; readonly projectorBytes: number } | null
  /** Why it cannot be used, for people; null when it can. */
  readonly problem: string | null
}

/** A run of bytes that belongs at `to` of a new file and stands at `from` of the file it is taken from. */
export interface Run {
  readonly from: number
  readonly to: number
  readonly bytes: number
}

/** A file to be written: its header, then runs of another file's bytes in the order in which they stand there. */
export interface FilePlan {
  readonly header: Buffer
  readonly runs: readonly Run[]
  readonly bytes: number
  /**
   * Whether all its weights stand in the other file where they belong in this one, so that a clone of that file which
   * gets this header and ends after `bytes` is this file.
   */
  readonly isClone: boolean
}

/** How a model in one file becomes a language model and a projector. */
export interface OneFilePlan {
  readonly text: FilePlan
  readonly projector: FilePlan
}
