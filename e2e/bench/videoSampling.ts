import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findChromium, installHint } from '../../build/chromium.ts'
import { root } from '../support/electronProgram.ts'
import { choose } from '../support/fixtures.ts'
import { benchClips } from './clips.ts'
import { openPage, startCore } from './startApp.ts'

const statusOf = (pid: number, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // It ended meanwhile.
  }
}

/** A process and all below it. */
export function family(top: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  const parents = new Map(all.map((pid) => [pid, Number(/^PPid:\s+(\d+)/m.exec(statusOf(pid, 'status'))?.[1])]))
  const below = (pid: number): number[] => [pid, ...all.filter((child) => parents.get(child) === pid).flatMap(below)]
  return below(top)
}

/** Proportional set size of processes together, in MB: what they share counts once. */
export function proportionalMegabytes(pids: readonly number[]): number {
  return (
    pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(statusOf(pid, 'smaps_rollup'))?.[1] ?? 0), 0) / 1000
  )
}

const MINUTES = 20
/** A frame of at most eight tokens. */
const BUDGET = { minPixels: 4 * 784, maxPixels: 8 * 784 }
const SAMPLE_MS = 200
const TIMEOUT_MS = 30 * 60_000
/** Said while Send waits; the cost once it does not. */
const WAITS = `document.querySelector('[data-testid=waits-for]')?.textContent ?? ''`
const IS_READY = `document.querySelector('button[aria-label=Send]')?.disabled === false`

function longVideo(): string {
  const folder = join(root, 'test-results/bench')
  const file = join(folder, `720p-${MINUTES}min.mp4`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const minute = join(folder, 'minute.mp4')
  const nice = (...args: string[]): void =>
    void execFileSync('nice', ['-n', '15', 'ffmpeg', '-y', '-loglevel', 'error', ...args])
  nice(
    '-f',
    'lavfi',
    '-i',
    'testsrc2=size=1280x720:rate=30:duration=60',
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-b:v',
    '900k',
    '-pix_fmt',
    'yuv420p',
    '-threads',
    '1',
    minute,
  )
  nice('-stream_loop', String(MINUTES - 1), '-i', minute, '-c', 'copy', '-movflags', '+faststart', `${file}.part.mp4`)
  renameSync(`${file}.part.mp4`, file)
  rmSync(minute)
  return file
}

/**
 * How long it takes, and how much memory, to sample a video of 20 minutes in 720p in the window: from the drop until Send
 * is free. Frames are chosen small so that all 768 that the reference allows fit into the demo model's context; they are
 * decoded in their own size nevertheless. The browser is driven without a test tool, which would keep a copy of
 * what is sent. Linux only; needs ffmpeg once, to make the file.
 */
export async function benchLongVideo(executable: string): Promise<void> {
  const file = longVideo()
  const data = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  choose(data, { firstRunDone: true, budget: BUDGET })
  const core = await startCore(data)
  const page = await openPage(executable, core.address)
  try {
    await page.until(`document.querySelector('[data-testid=file-input]') !== null`, TIMEOUT_MS)
    const before = proportionalMegabytes(family(page.pid))
    let peak = before
    let corePeak = 0
    const timer = setInterval(() => {
      peak = Math.max(peak, proportionalMegabytes(family(page.pid)))
      corePeak = Math.max(corePeak, proportionalMegabytes([core.pid]))
    }, SAMPLE_MS)
    const started = performance.now()
    await page.pickFile('[data-testid=file-input]', file)
    await page.until(`(${WAITS}).startsWith('Reading frame')`, TIMEOUT_MS)
    const reading = performance.now()
    await page.until(IS_READY, TIMEOUT_MS)
    const ended = performance.now()
    clearInterval(timer)
    await page.evaluate(`document.querySelector('[aria-label^="Open video"]').click()`)
    await page.until(`document.querySelector('[data-testid=clip-cost]') !== null`, TIMEOUT_MS)
    const cost = await page.evaluate(`document.querySelector('[data-testid=clip-cost]').textContent`)
    const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
    process.stdout.write(
      [
        `file       ${MINUTES} min, 1280 x 720, 30 frames per second, H.264, ${(statSync(file).size / 1e6).toFixed(0)} MB`,
        `frames     ${String(cost)}`,
        `opened     ${seconds(reading - started)} (opened, stored, planned)`,
        `sampled    ${seconds(ended - reading)}`,
        `window     ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most (all processes of the browser, PSS)`,
        `core       ${corePeak.toFixed(0)} MB at most`,
        '',
      ].join('\n'),
    )
  } finally {
    await page.close()
    await core.end()
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  }
}

/**
 * How long videos take in the window, and how much memory. Linux only; needs ffmpeg, to make the files and to compare with.
 *
 *     npm run bench:video                      a video of 20 minutes: time and memory
 *     npm run bench:video -- --clips           three clips of 20 seconds, and a file of 1 GB until it is known to be a video
 *     npm run bench:video -- --against DIR     the same clips with another checkout of the project, built, turn by turn
 */
const { values } = parseArgs({
  options: {
    clips: { type: 'boolean', default: false },
    against: { type: 'string' },
    rounds: { type: 'string', default: '3' },
  },
})
const executable = findChromium()
if (!executable) throw new Error(installHint)
if (values.clips || values.against !== undefined)
  await benchClips({
    executable,
    roots: [root, ...(values.against ? [values.against] : [])],
    rounds: Number(values.rounds),
  })
else await benchLongVideo(executable)
