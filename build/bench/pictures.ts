import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import type * as Pictures from '../../main/lib/picture/index.ts'
import { root } from '../paths.ts'

/** Rounds of each measurement, the checkouts taking turns; medians are told. */
const ROUNDS = 3

/** What both checkouts have of the library. */
type Library = typeof Pictures

/** What one process says of one picture. */
interface Reading {
  readonly probeMs: number
  readonly readMs: number
  readonly pixels: string
  /** Memory of the process: before anything is decoded, and at most. */
  readonly beforeMb: number
  readonly peakMb: number
}

const pictures = { 'photo.jpg': '48 MP JPEG', 'turned.jpg': '48 MP JPEG, turned', 'large.png': '200 MP PNG' }

/**
 * A 48 MP photograph, upright and turned, and a PNG of 200 MP, of our own making. In a process of its own: the most memory that
 * a process had is handed on to those that it starts.
 */
async function makePictures(folder: string): Promise<void> {
  const [width, height] = [8000, 6000]
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0, i = 0, state = 1; y < height; y++)
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
      const noise = (state >> 16) & 31
      pixels[i++] = 110 + 80 * Math.sin(x / 97 + y / 71) + noise
      pixels[i++] = 110 + 80 * Math.sin(x / 57 - y / 91) + noise
      pixels[i++] = 110 + 80 * Math.cos(x / 37) + noise
    }
  const photo = sharp(pixels, { raw: { width, height, channels: 3 } })
  const large = sharp({ create: { width: 16_000, height: 12_500, channels: 3, background: 'teal' } })
  const at = (name: string) => join(folder, name)
  await photo.clone().jpeg({ quality: 90 }).toFile(at('photo.jpg'))
  await photo.clone().withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toFile(at('turned.jpg'))
  await large.png({ compressionLevel: 1 }).toFile(at('large.png'))
}

/** In a process of its own: opens and reads one picture with the code of one checkout, for 1280 tokens. */
async function readOne(checkout: string, path: string): Promise<Reading> {
  const { openPicture, resizeBicubic, smartResize } = (await import(
    pathToFileURL(join(checkout, 'main/lib/picture/index.ts')).href
  )) as Library
  // code is loaded with the first file of a kind
  await openPicture({ path })
  const beforeMb = process.memoryUsage.rss() / 1e6
  const started = performance.now()
  const picture = await openPicture({ path })
  const probed = performance.now()
  const size = smartResize(picture, { minPixels: 4 * 784, maxPixels: 1280 * 784 })
  const resized =
    'resized' in picture
      ? await picture.resized(size)
      : resizeBicubic(await (picture as { decode(): ReturnType<typeof picture.decode> }).decode(), size)
  return {
    probeMs: probed - started,
    readMs: performance.now() - probed,
    pixels: createHash('sha256').update(resized.data).digest('hex'),
    beforeMb,
    peakMb: process.resourceUsage().maxRSS / 1000,
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** Runs this file with other options and returns what it prints. */
function inProcess(...options: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [import.meta.filename, ...options], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

const measure = (checkout: string, path: string) =>
  JSON.parse(inProcess('--one', path, '--checkout', checkout)) as Reading

/**
 * Measures reading large pictures here and in another checkout, interleaved, and prints the figures side by side: deciding
 * from the header, time and memory of reading, and whether the pixels are equal to the bit.
 */
export function benchPictures(against: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'bench-pictures-'))
  try {
    inProcess('--make', folder)
    for (const [file, name] of Object.entries(pictures)) {
      const path = join(folder, file)
      const rounds = Array.from({ length: ROUNDS }, () => ({ then: measure(against, path), now: measure(root, path) }))
      const figure = (of: (reading: Reading) => number) =>
        [median(rounds.map(({ then }) => of(then))), median(rounds.map(({ now }) => of(now)))] as const
      const line = (what: string, of: (reading: Reading) => number, unit: string) => {
        const [then, now] = figure(of)
        console.log(
          `  ${what.padEnd(32)} ${then.toFixed(1).padStart(8)} ${unit}  ${now.toFixed(1).padStart(8)} ${unit}  ${(now / then).toFixed(2)} x`,
        )
      }
      console.log(`${name}: there, here`)
      line('deciding that it can be read', ({ probeMs }) => probeMs, 'ms')
      line('reading it for 1280 tokens', ({ readMs }) => readMs, 'ms')
      line('peak memory of the process', ({ peakMb }) => peakMb, 'MB')
      line('memory beyond what it had before', ({ peakMb, beforeMb }) => peakMb - beforeMb, 'MB')
      const equal = rounds.every(({ then, now }) => then.pixels === now.pixels)
      console.log(`  pixels ${equal ? 'equal to the bit' : 'DIFFERENT'}\n`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

// its own processes: one makes the pictures, each of the others reads one
if (import.meta.main) {
  const { values } = parseArgs({
    options: { one: { type: 'string' }, make: { type: 'string' }, checkout: { type: 'string' } },
  })
  if (values.one && values.checkout) console.log(JSON.stringify(await readOne(resolve(values.checkout), values.one)))
  else if (values.make) await makePictures(values.make)
}
