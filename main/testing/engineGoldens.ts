import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChatMessage, ChatPart, ModelFiles } from '../services/engine/index.ts'

/** The two model families; each has a tiny f32 model with random weights and what the reference computes with it. */
export const families = ['qwen2vl', 'qwen25vl'] as const
export type Family = (typeof families)[number]

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

/** The family's f32 model. */
export const goldenModel = (family: Family): ModelFiles => ({ textPath: golden(family, 'model-f32.gguf'), projectorPath: golden(family, 'mmproj-f32.gguf') })

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
  readonly kwargs: { readonly add_vision_id?: boolean }
  readonly input_ids: readonly number[]
  readonly greedy: readonly number[]
  readonly greedy_text: string
}

/** The same conversation for the engine; paths become absolute, a part without a file gets an empty source. */
export const toChatMessages = (messages: readonly GoldenMessage[]): ChatMessage[] =>
  messages.map(({ role, content }) => ({ role, content: typeof content === 'string' ? [{ type: 'text', text: content }] : content.map(toChatPart) }))

function toChatPart(part: GoldenPart): ChatPart {
  const source = (file: string) => ({ path: golden(file) })
  if (part.type === 'text') return { type: 'text', text: part.text ?? '' }
  if (part.type === 'video') return { type: 'video', frames: (part.video ?? []).map(source), fps: part.fps, minPixels: part.min_pixels, maxPixels: part.max_pixels }
  return { type: 'image', source: source(part.image ?? ''), minPixels: part.min_pixels, maxPixels: part.max_pixels }
}
