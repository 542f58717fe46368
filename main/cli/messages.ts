import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { AppError } from '#contract'
import type { ChatMessage, ChatPart, Source } from '../headless.ts'

const sizes = {
  min_pixels: z.int().min(1).optional(),
  max_pixels: z.int().min(1).optional(),
  resized_width: z.int().min(1).optional(),
  resized_height: z.int().min(1).optional(),
}
const Text = z.object({ type: z.literal('text'), text: z.string() })
const ImageUrl = z.object({ type: z.literal('image_url'), image_url: z.union([z.string(), z.object({ url: z.string() })]), ...sizes })
const Image = z.object({ type: z.literal('image'), image: z.string(), ...sizes })
const Video = z.object({ type: z.literal('video'), video: z.union([z.string(), z.array(z.string()).min(1)]), fps: z.number().positive().optional(), ...sizes })
const Part = z.discriminatedUnion('type', [Text, ImageUrl, Image, Video])
const Messages = z.array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.union([z.string(), z.array(Part)]) })).min(1)

/**
 * Reads a file of OpenAI-style messages with the content parts of the Qwen model card. Relative paths are resolved
 * against the file's folder.
 * @throws AppError InvalidInput, MediaNotFound, NotYetSupported.
 */
export async function readMessages(file: string): Promise<ChatMessage[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('InvalidInput', `The messages file ${file} could not be read. Check its path.`, undefined, { cause })
  })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AppError('InvalidInput', `${file} is not valid JSON: ${(cause as Error).message}.`, undefined, { cause })
  }
  const parsed = Messages.safeParse(json)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new AppError('InvalidInput', `${file} does not hold messages as expected: ${issue.path.join('.') || 'the file'}: ${issue.message}.`)
  }
  const folder = path.dirname(path.resolve(file))
  return parsed.data.map(({ role, content }) => ({
    role,
    content: typeof content === 'string' ? [{ type: 'text', text: content }] : content.map((part) => toChatPart(part, folder)),
  }))
}

function toChatPart(part: z.infer<typeof Part>, folder: string): ChatPart {
  if (part.type === 'text') return part
  const options = { minPixels: part.min_pixels, maxPixels: part.max_pixels, resizedWidth: part.resized_width, resizedHeight: part.resized_height }
  if (part.type === 'video') return { type: 'video', frames: videoFrames(part.video, folder), fps: part.fps, ...options }
  const address = part.type === 'image' ? part.image : typeof part.image_url === 'string' ? part.image_url : part.image_url.url
  return { type: 'image', source: toSource(address, folder), ...options }
}

/** A video as a list of frames. A video file is refused until extraction is in the core. @throws AppError NotYetSupported. */
export function videoFrames(video: string | readonly string[], folder: string): Source[] {
  if (typeof video === 'string')
    throw new AppError('NotYetSupported', `Video files are not supported yet (${path.basename(video)}). Give the video as a list of frames in a messages file: "video": ["frame1.png", "frame2.png"].`)
  return video.map((frame) => toSource(frame, folder))
}

/** A path, file:// or data: address as a source. @throws AppError DamagedMedia, MediaNotFound, UnsupportedMedia for other addresses. */
export function toSource(address: string, folder: string): Source {
  if (address.startsWith('data:')) return { bytes: dataOf(address), name: 'the picture in a data: address' }
  if (address.startsWith('file://')) {
    try {
      return { path: fileURLToPath(address) }
    } catch (cause) {
      throw new AppError('MediaNotFound', `${address.slice(0, 200)} names no file on this computer. Check the address.`, undefined, { cause })
    }
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(address))
    throw new AppError('UnsupportedMedia', `${address.slice(0, 200)} is not on this computer. Nothing is fetched from the network; save the picture and name the file.`)
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
    throw new AppError('DamagedMedia', 'The data in a data: address could not be decoded. Write it as base64.', undefined, { cause })
  }
}
