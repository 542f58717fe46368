import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AppError } from '#contract'
import type { VideoRange } from '#contract'
import type { ChatMessage, ChatPart, SizeOptions, Source } from '../headless.ts'
import type { Videos } from './videos.ts'

const sizes = {
  min_pixels: z.int().min(1).optional(),
  max_pixels: z.int().min(1).optional(),
  resized_width: z.int().min(1).optional(),
  resized_height: z.int().min(1).optional(),
}
const seconds = z.number().min(0).optional()
const Text = z.object({ type: z.literal('text'), text: z.string() })
const ImageUrl = z.object({
  type: z.literal('image_url'),
  image_url: z.union([z.string(), z.object({ url: z.string() })]),
  ...sizes,
})
const Image = z.object({ type: z.literal('image'), image: z.string(), ...sizes })
const Video = z.object({
  type: z.literal('video'),
  video: z.union([z.string(), z.array(z.string()).min(1)]),
  fps: z.number().positive().optional(),
  video_start: seconds,
  video_end: seconds,
  ...sizes,
})
const Part = z.discriminatedUnion('type', [Text, ImageUrl, Image, Video])
const Messages = z
  .array(
    z.object({
      role: z.enum(['system', 'user', 'assistant']),
      content: z.union([z.string(), z.array(Part)]),
      reasoning_content: z.string().optional(),
    }),
  )
  .min(1)

/**
 * Reads a file of OpenAI-style messages with the content parts of the Qwen model card. Relative paths are resolved
 * against the file's folder; `videos` reads video files; null leaves videos out.
 * @throws AppError InvalidInput, MediaNotFound, and as `Videos.read`.
 */
export async function readMessages(file: string, videos: Videos | null): Promise<ChatMessage[]> {
  const folder = path.dirname(path.resolve(file))
  const messages: ChatMessage[] = []
  for (const { role, content, reasoning_content: reasoning } of await parseMessages(file)) {
    const parts: ChatPart[] = []
    for (const part of typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content) {
      if (part.type !== 'video') parts.push(toStillPart(part, folder))
      else if (videos)
        parts.push(
          await videoPart(part.video, { folder, fps: part.fps, range: rangeOf(part), videos, sizes: sizesOf(part) }),
        )
    }
    messages.push({ role, content: parts, ...(reasoning !== undefined && { reasoning }) })
  }
  return messages
}

/** How many videos a file of messages has. @throws AppError InvalidInput. */
export async function countVideos(file: string): Promise<number> {
  const parts = (await parseMessages(file)).flatMap(({ content }) => (typeof content === 'string' ? [] : content))
  return parts.filter(({ type }) => type === 'video').length
}

async function parseMessages(file: string): Promise<z.infer<typeof Messages>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('InvalidInput', `The messages file ${file} could not be read. Check its path.`, undefined, {
      cause,
    })
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('InvalidInput', `${file} is not valid JSON: ${(cause as Error).message}.`, undefined, { cause })
  }
  const parsed = Messages.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw new AppError(
    'InvalidInput',
    `${file} does not hold messages as expected: ${issue.path.join('.') || 'the file'}: ${issue.message}.`,
  )
}

function toStillPart(part: Exclude<z.infer<typeof Part>, { type: 'video' }>, folder: string): ChatPart {
  if (part.type === 'text') return part
  const address =
    part.type === 'image' ? part.image : typeof part.image_url === 'string' ? part.image_url : part.image_url.url
  return { type: 'image', source: toSource(address, folder), ...sizesOf(part) }
}

function sizesOf(part: Exclude<z.infer<typeof Part>, { type: 'text' }>): SizeOptions {
  return {
    minPixels: part.min_pixels,
    maxPixels: part.max_pixels,
    resizedWidth: part.resized_width,
    resizedHeight: part.resized_height,
  }
}

/** The part of a file that is wanted, as the reference has it in seconds; null: all of it. */
function rangeOf({ video_start: start = 0, video_end: end }: z.infer<typeof Video>): VideoRange | null {
  if (start === 0 && end === undefined) return null
  return { startMs: start * 1000, endMs: end === undefined ? Number.MAX_SAFE_INTEGER : end * 1000 }
}

/** How a video is read. */
export interface VideoOptions {
  /** Relative paths are resolved against it. */
  readonly folder: string
  /** Frames per second: of the given frames, or how many of a file are wanted. */
  readonly fps: number | undefined
  /** Of a file; unset or null: all of it. */
  readonly range?: VideoRange | null
  readonly videos: Videos
  /** How large frames are asked for. */
  readonly sizes?: SizeOptions
}

/**
 * A video as a part: from a list of frames, a folder of them, a video file, or (as the command line has it) frames with
 * commas between them. @throws AppError as `toSource` and `Videos.read`.
 */
export async function videoPart(
  video: string | readonly string[],
  { folder, fps, range = null, videos, sizes = {} }: VideoOptions,
): Promise<Extract<ChatPart, { type: 'video' }>> {
  const frames = typeof video === 'string' ? await listedFrames(video, folder) : video
  if (frames) return { type: 'video', frames: frames.map((frame) => toSource(frame, folder)), fps, ...sizes }
  const source = toSource(video as string, folder)
  if (!('path' in source))
    throw new AppError('UnsupportedMedia', 'A video in a data: address cannot be read. Save it and name the file.')
  return { type: 'video', ...sizes, ...(await videos.read(source.path, fps, range, sizes)) }
}

/** The names between commas; null when the text as a whole is one file, folder or address. */
async function listedFrames(video: string, folder: string): Promise<string[] | null> {
  if (!video.includes(',') || video.startsWith('data:')) return null
  const isOne = await stat(path.resolve(folder, video)).then(
    () => true,
    () => false,
  )
  return isOne
    ? null
    : video
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
}

/** A path, file:// or data: address as a source. @throws AppError DamagedMedia, MediaNotFound, UnsupportedMedia for other addresses. */
export function toSource(address: string, folder: string): Source {
  if (address.startsWith('data:')) return { bytes: dataOf(address), name: 'the picture in a data: address' }
  if (address.startsWith('file://')) {
    try {
      return { path: fileURLToPath(address) }
    } catch (cause) {
      throw new AppError(
        'MediaNotFound',
        `${address.slice(0, 200)} names no file on this computer. Check the address.`,
        undefined,
        {
          cause,
        },
      )
    }
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address))
    throw new AppError(
      'UnsupportedMedia',
      `${address.slice(0, 200)} is not on this computer. Nothing is fetched from the network; save the picture and name the file.`,
    )
  return { path: path.resolve(folder, address) }
}

function dataOf(address: string): Uint8Array {
  const comma = address.indexOf(',')
  if (comma < 0) throw new AppError('DamagedMedia', 'A data: address has no data. Check that it was not cut off.')
  const body = address.slice(comma + 1)
  if (address.slice(0, comma).endsWith(';base64')) return Buffer.from(body, 'base64')
  try {
    return Buffer.from(decodeURIComponent(body))
  } catch (cause) {
    throw new AppError(
      'DamagedMedia',
      'The data in a data: address could not be decoded. Write it as base64.',
      undefined,
      { cause },
    )
  }
}
