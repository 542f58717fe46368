import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from '../support/electronProgram.ts'
import { openPage, startCore } from './startApp.ts'

/** A clip of the bench, in pixels. */
const CLIPS = ['3840x2160', '1920x1080', '1280x720'] as const
const SECONDS = 20
const FPS = 30
/** Frames per second that are asked for, and the frames that they come to. */
const SAMPLED_FPS = 0.5
const FRAMES = SECONDS * SAMPLED_FPS
const LARGE_BYTES = 1_000_000_000
const TIMEOUT_MS = 10 * 60_000
const POLL_MS = 5
/** A page that was just opened still has its own to do. */
const SETTLE_MS = 1500

const WAITS = `(document.querySelector('[data-testid=waits-for]')?.textContent ?? '')`
const IS_THERE = `document.querySelector('[data-testid=file-input]') !== null`
const IS_KNOWN = `document.querySelectorAll('[aria-label^="Open video"]').length === 1 && !${WAITS}.startsWith('Opening the video')`
const IS_READY = `document.querySelector('button[aria-label=Send]')?.disabled === false`
/** Has the window ask for fewer frames than it does by itself: in both checkouts the same, whatever their interface. */
const SAMPLE_FEWER_FRAMES = `{
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (message) {
    return send.call(this, typeof message === 'string' && message.includes('/videos/plan') ? message.replace('"range":', '"fps":${SAMPLED_FPS},"range":') : message)
  }
}`

const CHOOSE = `const { choose } = await import('./e2e/support/fixtures.ts'); choose(process.argv[1], { firstRunDone: true })`

const folder = join(root, 'test-results/bench')
const ffmpeg = (...args: string[]): void => void execFileSync('ffmpeg', ['-y', '-loglevel', 'error', ...args])

function made(name: string, make: (file: string) => void): string {
  const file = join(folder, name)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const part = join(folder, `part.${name}`)
  make(part)
  renameSync(part, file)
  return file
}

const clipOf = (size: string): string =>
  made(`${size}.mp4`, (file) =>
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=${size}:rate=${FPS}:duration=${SECONDS}`,
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-pix_fmt',
      'yuv420p',
      file,
    ),
  )

/** A Matroska file of about a gigabyte: the largest clip over and over. */
const largeFile = (): string =>
  made('large.mkv', (file) => {
    const clip = clipOf(CLIPS[0])
    const list = join(folder, 'large.txt')
    writeFileSync(list, `file '${clip}'\n`.repeat(Math.ceil(LARGE_BYTES / statSync(clip).size)))
    ffmpeg('-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy', file)
    rmSync(list)
  })

/** How long ffmpeg takes to decode the same frames and write them in the same size, in ms. */
function ffmpegTime(file: string): number {
  const target = mkdtempSync(join(tmpdir(), 'sightline-bench-ffmpeg-'))
  const wanted = Array.from({ length: FRAMES }, (_, i) => Math.round((i * (SECONDS * FPS - 1)) / (FRAMES - 1)))
  const started = performance.now()
  ffmpeg(
    '-i',
    file,
    '-vf',
    `select='${wanted.map((n) => `eq(n,${n})`).join('+')}',scale=168:84:flags=bicubic`,
    '-fps_mode',
    'passthrough',
    '-frames:v',
    String(FRAMES),
    join(target, '%d.png'),
  )
  const ms = performance.now() - started
  rmSync(target, { recursive: true })
  return ms
}

/** From the drop of a file until it is known to be a video that can be read, and until Send is free, in ms. */
async function drop(
  executable: string,
  from: string,
  file: string,
  isSampled: boolean,
): Promise<{ known: number; sampled: number }> {
  const data = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  // each checkout writes its own kind of data folder
  execFileSync(process.execPath, ['--input-type=module', '--eval', CHOOSE, data], { cwd: from })
  const core = await startCore(data, from)
  const page = await openPage(executable, core.address)
  try {
    await page.until(IS_THERE, TIMEOUT_MS)
    await page.evaluate(SAMPLE_FEWER_FRAMES)
    await pause(SETTLE_MS)
    const started = performance.now()
    await page.pickFile('[data-testid=file-input]', file)
    await page.until(IS_KNOWN, TIMEOUT_MS, POLL_MS)
    const known = performance.now() - started
    if (isSampled) await page.until(IS_READY, TIMEOUT_MS, POLL_MS)
    return { known, sampled: performance.now() - started }
  } finally {
    await page.close()
    await core.end()
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/**
 * Measures three clips from the drop until the last of ten frames is stored, with each checkout in turn, and ffmpeg for the
 * same frames; then how long a file of a gigabyte takes until it is known to be a video. Medians of the rounds.
 */
export async function benchClips({
  executable,
  roots,
  rounds,
}: {
  executable: string
  roots: readonly string[]
  rounds: number
}): Promise<void> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  for (const size of CLIPS) {
    const file = clipOf(size)
    const times = roots.map((): number[] => [])
    const plain: number[] = []
    for (let round = 0; round < rounds; round++) {
      for (const [i, from] of roots.entries()) times[i]?.push((await drop(executable, from, file, true)).sampled)
      plain.push(ffmpegTime(file))
    }
    const [own = 0, other] = times.map(median)
    const beside = other === undefined ? '' : `, there ${seconds(other)}, ratio ${(own / other).toFixed(2)}`
    say(
      `${size}, ${SECONDS} s, ${FRAMES} frames   here ${seconds(own)}${beside}; ffmpeg ${seconds(median(plain))}, ratio ${(own / median(plain)).toFixed(2)}`,
    )
  }
  const file = largeFile()
  for (const [i, from] of roots.entries()) {
    const known: number[] = []
    for (let round = 0; round < rounds; round++) known.push((await drop(executable, from, file, false)).known)
    say(
      `${(statSync(file).size / 1e9).toFixed(2)} GB, Matroska   ${i === 0 ? 'here' : 'there'} known to be a video after ${median(known).toFixed(0)} ms`,
    )
  }
}
