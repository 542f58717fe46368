import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import { findChromium, installHint } from '../../build/chromium.ts'
import { ChatPage } from '../pages/chat.ts'
import { VideoPage } from '../pages/video.ts'
import { BrowserApp } from '../support/browserApp.ts'
import { root } from '../support/electronProgram.ts'
import { choose } from '../support/fixtures.ts'

/**
 * How long it takes, and how much memory, to sample a video of 20 minutes in 720p in the window: from the drop until Send
 * is free. Frames are chosen small so that all 768 that the reference allows fit into the demo model's context; they are
 * decoded and sent in their own size nevertheless. Linux only; needs ffmpeg once, to make the file.
 */
const MINUTES = 20
/** A frame of at most eight tokens. */
const BUDGET = { minPixels: 4 * 784, maxPixels: 8 * 784 }
const SAMPLE_MS = 200
const TIMEOUT_MS = 30 * 60_000
const flags = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

function longVideo(): string {
  const folder = join(root, 'test-results/bench')
  const file = join(folder, `720p-${MINUTES}min.mp4`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const minute = join(folder, 'minute.mp4')
  const nice = (...args: string[]): void => void execFileSync('nice', ['-n', '15', 'ffmpeg', '-y', '-loglevel', 'error', ...args])
  nice('-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=60', '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '900k', '-pix_fmt', 'yuv420p', '-threads', '1', minute)
  nice('-stream_loop', String(MINUTES - 1), '-i', minute, '-c', 'copy', '-movflags', '+faststart', `${file}.part.mp4`)
  renameSync(`${file}.part.mp4`, file)
  rmSync(minute)
  return file
}

interface Process {
  readonly pid: number
  readonly parent: number
}

/** A process and all below it. */
function family(top: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name): Process[] => {
    try {
      return [{ pid: Number(name), parent: Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]) }]
    } catch {
      return [] // It ended meanwhile.
    }
  })
  const below = (pid: number): number[] => [pid, ...all.filter(({ parent }) => parent === pid).flatMap((child) => below(child.pid))]
  return below(top)
}

/** Proportional set size of processes together, in MB: what is shared counts once. */
function memory(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {
      return 0 // It ended meanwhile.
    }
  })
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1000
}

/** The browser that has this profile folder. */
function browserOf(profile: string): number {
  const top = readdirSync('/proc').find((name) => {
    try {
      const command = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, 'utf8') : ''
      return command.includes(`--user-data-dir=${profile}`) && !command.includes('--type=') && command.includes('chrom')
    } catch {
      return false
    }
  })
  if (!top) throw new Error('The browser was not found among the processes')
  return Number(top)
}

const executablePath = findChromium()
if (!executablePath) throw new Error(installHint)
const file = longVideo()
const data = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
const profile = mkdtempSync(join(tmpdir(), 'sightline-bench-profile-'))
choose(data, { firstRunDone: true, budget: BUDGET })
const context = await chromium.launchPersistentContext(profile, { executablePath, args: flags, viewport: { width: 1180, height: 800 } })
const app = await BrowserApp.start(context, data)
try {
  const chat = new ChatPage(() => app.page)
  const videos = new VideoPage(app.page)
  await chat.ready()
  const browser = browserOf(profile)
  const before = memory(family(browser))
  let peak = before
  let corePeak = memory([app.pid])
  const timer = setInterval(() => {
    peak = Math.max(peak, memory(family(browser)))
    corePeak = Math.max(corePeak, memory([app.pid]))
  }, SAMPLE_MS)
  const started = performance.now()
  await app.page.getByTestId('file-input').setInputFiles(file)
  await videos.waits.filter({ hasText: /^Reading frame/ }).waitFor({ timeout: TIMEOUT_MS })
  const reading = performance.now()
  await app.page.getByRole('button', { name: 'Send', exact: true, disabled: false }).waitFor({ timeout: TIMEOUT_MS })
  const ended = performance.now()
  clearInterval(timer)
  await videos.open()
  const cost = await videos.cost.innerText()
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
  process.stdout.write(
    [
      `file       ${MINUTES} min, 1280 x 720, 30 frames per second, H.264, ${(statSync(file).size / 1e6).toFixed(0)} MB`,
      `frames     ${cost}`,
      `opened     ${seconds(reading - started)} (opened, stored, planned)`,
      `sampled    ${seconds(ended - reading)}`,
      `window     ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most (all processes of the browser, PSS)`,
      `core       ${corePeak.toFixed(0)} MB at most`,
      '',
    ].join('\n'),
  )
} finally {
  await app.quit()
  await context.close()
  for (const folder of [data, profile]) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
