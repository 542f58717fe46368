import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { AnswerRequest, ChatMessage, ChatPart, ModelFiles } from '../engine/index.ts'
import { visionOf } from '../lib/families/families.ts'
import { requestOf } from './engineRequests.ts'
import { readGguf, string, withEntries, writeGguf } from './ggufEdit.ts'

/** The model families; each has a tiny f32 model with random weights and what the reference computes with it. */
export const families = ['qwen2vl', 'qwen25vl', 'qwen3vl', 'qwen35'] as const
export type Family = (typeof families)[number]
/** The sets of cases: one for each family, and one for each form with experts. */
export const goldenSets = [...families, 'qwen3vlmoe', 'qwen35moe'] as const
export type GoldenSet = (typeof goldenSets)[number]
const ofExperts: Readonly<Partial<Record<GoldenSet, Family>>> = { qwen3vlmoe: 'qwen3vl', qwen35moe: 'qwen35' }
const familyOf = (set: GoldenSet): Family => ofExperts[set] ?? (set as Family)

const root = join(import.meta.dirname, 'goldens')
/** Absolute path of a golden file, e.g. `images/img_a.png`. */
export const golden = (...path: string[]): string => join(root, ...path)

/** A golden JSON file as `T`. */
export const goldenJson = <T>(...path: string[]): T => JSON.parse(readFileSync(golden(...path), 'utf8')) as T

/** A golden file of little-endian float32. */
export function goldenFloats(...path: string[]): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(golden(...path))
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength))
}

/** The token ids that stand for pictures and videos in a set's cases. */
export const padsOf = (set: GoldenSet): readonly number[] =>
  ['qwen2vl', 'qwen25vl'].includes(familyOf(set)) ? [1022, 1023] : [1016, 1017]

/** The set's f32 model. */
export const goldenModel = (set: GoldenSet): ModelFiles => ({
  textPath: golden(set, 'model-f32.gguf'),
  projectorPath: golden(set, 'mmproj-f32.gguf'),
})

/** A conversation as the reference wrote it down: the parts of the Qwen model card. */
export interface GoldenMessage {
  readonly role: ChatMessage['role']
  readonly content: string | readonly GoldenPart[]
}
interface GoldenPart {
  readonly type: 'text' | 'image' | 'image_url' | 'video'
  readonly text?: string
  readonly image?: string
  readonly video?: readonly string[]
  readonly fps?: number
  readonly min_pixels?: number
  readonly max_pixels?: number
}

/** `cases.json`: prompts with their ids and the 16 tokens that follow, end tokens ignored. */
export interface GoldenCase {
  readonly name: string
  readonly messages: readonly GoldenMessage[]
  /** `template`: of those in the family's templates.json; unset: the one in the model's file. */
  readonly kwargs: {
    readonly add_vision_id?: boolean
    readonly enable_thinking?: boolean
    readonly template?: string
  }
  readonly input_ids: readonly number[]
  /** Grids of its pictures and videos, in patches. */
  readonly image_grid_thw: readonly (readonly number[])[]
  readonly video_grid_thw: readonly (readonly number[])[]
  /** Temporal position, row and column of each token. */
  readonly position_ids: readonly (readonly number[])[]
  readonly greedy: readonly number[]
  readonly greedy_text: string
  /** How far the likeliest logit is above the second at each of these tokens. */
  readonly greedy_top2_margins: readonly number[]
  /** The logits from which the first token was chosen; in the folder `logits`. */
  readonly logits: { readonly file: string }
}

/** The cases of a set. */
export const goldenCases = (set: GoldenSet): GoldenCase[] => goldenJson<GoldenCase[]>(set, 'cases.json')

/** The reference dropped this picture's alpha, the engine blends it over white; the sizes are those after its resize. */
const WITH_ALPHA = 'images/img_d.png'
const opaqueFiles = {
  qwen2vl: { path: ['common', 'resized_d.rgb.bin'], width: 84, height: 56 },
  qwen25vl: { path: ['common', 'resized_d.rgb.bin'], width: 84, height: 56 },
  qwen3vl: { path: ['qwen3vl', 'resized_d.rgb.bin'], width: 320, height: 224 },
  qwen35: { path: ['qwen3vl', 'resized_d.rgb.bin'], width: 320, height: 224 },
} as const

/** Where the pictures of a family's cases are: patches of another size want pictures of another size. */
export const pictureFolder = (family: Family): string => (family === 'qwen3vl' || family === 'qwen35' ? 'qwen3vl' : '')

/** What the reference was asked, for the engine: the same pictures, budget and number of tokens, end tokens ignored. */
export async function goldenRequest(set: GoldenSet, { messages, kwargs, greedy }: GoldenCase): Promise<AnswerRequest> {
  const family = familyOf(set)
  const opaque: ChatPart = {
    type: 'image',
    source: {
      name: 'opaque.png',
      bytes: await sharp(readFileSync(golden(...opaqueFiles[family].path)), {
        raw: { ...opaqueFiles[family], channels: 3 },
      })
        .png()
        .toBuffer(),
    },
  }
  const asSeen = (part: ChatPart): ChatPart =>
    part.type === 'image' && 'path' in part.source && part.source.path === golden(pictureFolder(family), WITH_ALPHA)
      ? opaque
      : part
  return requestOf(
    toChatMessages(messages, pictureFolder(family)).map(({ role, content }) => ({
      role,
      content: content.map(asSeen),
    })),
    {
      model: goldenModel(set),
      budget: visionOf(family),
      contextTokens: 1024,
      maxTokens: greedy.length,
      visionId: kwargs.add_vision_id ?? false,
      ...(kwargs.enable_thinking !== undefined && {
        thinking: kwargs.enable_thinking ? ('on' as const) : ('off' as const),
      }),
      ignoreEos: true,
    },
  )
}

/** The model of a case: with another chat template in its file, written into `folder`, where the case has one. */
export function modelOf(
  set: GoldenSet,
  { name, kwargs }: GoldenCase,
  folder: string,
  model = goldenModel(set),
): ModelFiles {
  if (kwargs.template === undefined) return model
  const template = goldenJson<Record<string, string>>(set, 'templates.json')[kwargs.template]!
  const textPath = join(folder, `${set}-${name}.gguf`)
  const file = withEntries(readGguf(readFileSync(model.textPath)), { 'tokenizer.chat_template': string(template) })
  writeFileSync(textPath, writeGguf(file))
  return { ...model, textPath }
}

/** The same conversation for the engine; paths become absolute, a part without a file gets an empty source. */
export const toChatMessages = (messages: readonly GoldenMessage[], folder = ''): ChatMessage[] =>
  messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === 'string' ? [{ type: 'text', text: content }] : content.map((part) => toChatPart(part, folder)),
  }))

function toChatPart(part: GoldenPart, folder: string): ChatPart {
  const source = (file: string) => ({ path: golden(folder, file) })
  if (part.type === 'text') return { type: 'text', text: part.text ?? '' }
  if (part.type === 'video')
    return {
      type: 'video',
      frames: (part.video ?? []).map(source),
      fps: part.fps,
      minPixels: part.min_pixels,
      maxPixels: part.max_pixels,
    }
  return { type: 'image', source: source(part.image ?? ''), minPixels: part.min_pixels, maxPixels: part.max_pixels }
}
