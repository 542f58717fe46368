import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError, say } from '#contract'
import { sequenceNotes } from './libvips.ts'
import { openPng } from './png.ts'
import { inMemory } from './reader.ts'
import type { OpenReader } from './reader.ts'
import { damaged, pictureMimes, tooLarge } from './refusals.ts'
import { limitMemory } from './wasmMemory.ts'

/** What the decoder, which works with 32-bit floating point numbers, holds in its memory. */
const MAX_PIXELS = 60_000_000
const MAX_BYTES = 256 * 1024 ** 2
const MAX_MEMORY = 2 * 1024 ** 3
const MAX_MS = 60_000

/**
 * What a thread of its own does: the decoder's memory, which never shrinks, goes with it, and what takes too long can be ended.
 * `numLoadedKeyframes` counts the pictures of an animation. One pixel tells the form of all.
 */
const DECODER = `
const { parentPort, workerData: { module, wasm, bytes, most, isWhole } } = require('node:worker_threads')
void import(module).then(({ initSync, JxlImage }) => {
  const { memory } = initSync({ module: wasm })
  try {
    const image = new JxlImage()
    image.feedBytes(bytes)
    if (!image.tryInit()) throw new Error('cut in its header')
    const { width, height, loaded, numLoadedKeyframes: pictures } = image
    if (width * height > most) return parentPort.postMessage({ width, height })
    if (!isWhole) image.renderingRegion = { left: 0, top: 0, width: 1, height: 1 }
    parentPort.postMessage({ width, height, loaded, pictures, png: image.render().encodeToPng() })
  } catch (error) {
    parentPort.postMessage({ failed: String(error), memory: memory.buffer.byteLength })
  }
})
`

interface Decoded {
  readonly width: number
  readonly height: number
  /** The file is there to its end. */
  readonly loaded: boolean
  readonly pictures: number
  readonly png: Uint8Array
}

/** What the thread answers: a picture, one that is too large, or why there is none. */
type Answer =
  | Decoded
  | { readonly width: number; readonly height: number; readonly png?: undefined }
  | { readonly failed: string; readonly memory: number }

/**
 * JPEG XL by jxl-oxide: the first picture, which becomes a PNG with the file's own colours and is read as one.
 * @throws AppError DamagedMedia, MediaTooLarge.
 */
export const openJxl: OpenReader = async (file) => {
  if (file.bytes > MAX_BYTES)
    throw new AppError('MediaTooLarge', say`${file.name} is larger than 256 MB. Save it as PNG or JPEG and use that.`)
  const decoded = async (isWhole: boolean) => {
    const { png, ...facts } = await decode(file.name, await file.read(), isWhole)
    return { ...facts, reader: await openPng(inMemory(file, Buffer.from(png.buffer, png.byteOffset, png.byteLength))) }
  }
  const { width, height, pictures, loaded, reader } = await decoded(false)
  return {
    mime: pictureMimes.jxl,
    width,
    height,
    hasAlpha: reader.hasAlpha,
    notes: [...reader.notes, ...sequenceNotes(pictures), ...(loaded ? [] : [CUT_OFF])],
    ...(pictures > 1 && { pages: pictures }),
    pixels: async (turn) => (await decoded(true)).reader.pixels(turn),
  }
}

const CUT_OFF = 'The file is cut off: parts of the picture are missing or blurred.'

const tooHeavy = (name: string, cause: unknown): AppError =>
  new AppError(
    'MediaTooLarge',
    say`${name} needs more memory than a JPEG XL picture may take here (2 GB). Save it smaller, or as PNG or JPEG, and use that.`,
    undefined,
    { cause },
  )

/** Decodes in a thread: all of it, or one pixel. Throws DamagedMedia, MediaTooLarge. */
async function decode(name: string, bytes: Buffer, isWhole: boolean): Promise<Decoded> {
  const folder = dirname(createRequire(import.meta.url).resolve('jxl-oxide-wasm/package.json'))
  const wasm = limitMemory(await readFile(join(folder, 'jxl_oxide_wasm_bg.wasm')), MAX_MEMORY)
  // as text: a thread has its own view of the files that a desktop app is packed into
  const script = await readFile(join(folder, 'jxl_oxide_wasm.js'), 'base64')
  const module = `data:text/javascript;base64,${script}`
  const thread = new Worker(DECODER, { eval: true, workerData: { module, wasm, bytes, most: MAX_PIXELS, isWhole } })
  let deadline: NodeJS.Timeout | undefined
  try {
    const answer = await new Promise<Answer>((resolve, reject) => {
      thread.once('message', resolve)
      thread.once('error', reject)
      thread.once('exit', () => reject(new Error('the decoder ended')))
      deadline = setTimeout(() => reject(damaged(name, 'it took too long')), MAX_MS)
    })
    if ('failed' in answer)
      throw answer.memory > MAX_MEMORY / 2 ? tooHeavy(name, answer.failed) : damaged(name, answer.failed)
    if (!answer.png) throw tooLarge(name, answer.width, answer.height, MAX_PIXELS)
    return answer
  } finally {
    clearTimeout(deadline)
    await thread.terminate()
  }
}
