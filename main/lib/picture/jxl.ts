import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError, say } from '#contract'
import sharp from 'sharp'
import { jxlClock } from './jxlTiming.ts'
import { sequenceNotes } from './libvips.ts'
import { openPng } from './png.ts'
import { inMemory } from './reader.ts'
import type { OpenReader, PictureFile } from './reader.ts'
import { damaged, pictureMimes, tooLarge } from './refusals.ts'
import { limitMemory } from './wasmMemory.ts'

/** What the decoder, which works with 32-bit floating point numbers, holds in its memory. */
const MAX_PIXELS = 60_000_000
const MAX_BYTES = 256 * 1024 ** 2
const MAX_MEMORY = 2 * 1024 ** 3
const MAX_MS = 60_000
/** Pixels of all pictures of one that moves together; of one with more the first is shown alone. */
const MAX_MOVING = 200_000_000
/** Ticks of a second where a file does not tell, as encoders write them. */
const USUAL_TICKS = 100

/**
 * What a thread of its own does: the decoder's memory, which never shrinks, goes with it, and what takes too long can be ended.
 * `numLoadedKeyframes` counts the pictures of an animation. One pixel tells the form of all.
 */
const DECODER = `
const { parentPort, workerData: { module, wasm, bytes, most, mode } } = require('node:worker_threads')
void import(module).then(({ initSync, JxlImage }) => {
  const { memory } = initSync({ module: wasm })
  try {
    const image = new JxlImage()
    image.feedBytes(bytes)
    if (!image.tryInit()) throw new Error('cut in its header')
    const { width, height, loaded, numLoadedKeyframes: pictures } = image
    if (width * height > most) return parentPort.postMessage({ width, height })
    if (mode === 'head') image.renderingRegion = { left: 0, top: 0, width: 1, height: 1 }
    const facts = { width, height, loaded, pictures, moves: image.animated === true }
    const wanted = mode === 'all' ? pictures : 1
    const all = Array.from({ length: wanted }, (_, n) => {
      const drawn = image.render(n)
      const { durationNumerator, durationDenominator } = drawn
      // encoding gives its memory back
      return { duration: durationNumerator / durationDenominator, png: drawn.encodeToPng() }
    })
    parentPort.postMessage({ ...facts, all, png: all[0].png })
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
  /** They are shown one after the other. */
  readonly moves: boolean
  readonly png: Uint8Array
  /** Those that were asked for; the decoder tells how long each is shown in ticks times the ticks of a second. */
  readonly all: readonly { readonly png: Uint8Array; readonly duration: number }[]
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
  const decoded = async (mode: 'head' | 'first') => {
    const { png, ...facts } = await decode(file.name, await file.read(), mode)
    return { ...facts, reader: await openPng(inMemory(file, Buffer.from(png.buffer, png.byteOffset, png.byteLength))) }
  }
  const { width, height, pictures, moves, loaded, reader } = await decoded('head')
  return {
    mime: pictureMimes.jxl,
    width,
    height,
    hasAlpha: reader.hasAlpha,
    notes: [...reader.notes, ...sequenceNotes(pictures), ...(loaded ? [] : [CUT_OFF])],
    ...(pictures > 1 && { pages: pictures }),
    pixels: async (turn) => (await decoded('first')).reader.pixels(turn),
    ...(moves && pictures > 1 && width * height * pictures <= MAX_MOVING && { moving: () => moving(file) }),
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

/** All pictures of one that moves, with the time that each is shown. */
async function moving(file: PictureFile): Promise<Buffer> {
  const bytes = await file.read()
  const { all } = await decode(file.name, bytes, 'all')
  const clock = jxlClock(bytes)
  const perSecond = clock ? clock.ticks / clock.per : USUAL_TICKS
  return sharp(
    all.map(({ png }) => Buffer.from(png)),
    { join: { animated: true } },
  )
    .webp({ lossless: true, delay: all.map(({ duration }) => Math.round((1000 * duration) / perSecond ** 2)), loop: 0 })
    .toBuffer()
}

/** Decodes in a thread: the first picture, one pixel of it, or all of them. Throws DamagedMedia, MediaTooLarge. */
async function decode(name: string, bytes: Buffer, mode: 'head' | 'first' | 'all'): Promise<Decoded> {
  const folder = dirname(createRequire(import.meta.url).resolve('jxl-oxide-wasm/package.json'))
  const wasm = limitMemory(await readFile(join(folder, 'jxl_oxide_wasm_bg.wasm')), MAX_MEMORY)
  // as text: a thread has its own view of the files that a desktop app is packed into
  const script = await readFile(join(folder, 'jxl_oxide_wasm.js'), 'base64')
  const module = `data:text/javascript;base64,${script}`
  const thread = new Worker(DECODER, { eval: true, workerData: { module, wasm, bytes, most: MAX_PIXELS, mode } })
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
