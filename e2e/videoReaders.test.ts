import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { containerOf, openWithFfmpeg, readHead } from '../main/lib/video/index.ts'
import { tempFolder } from '../main/testing/tempFolder.ts'
import { openVideoFile } from '../renderer/lib/video/videoFile.ts'

const missing = spawnSync('ffmpeg', ['-version']).error
  ? 'ffmpeg is not installed: that both readers say the same is not tried here'
  : null
if (missing) process.stderr.write(`${missing}\n`)

const folder = tempFolder()
afterAll(() => folder.remove())
const at = (name: string): string => join(folder.path, name)
const make = (name: string, ...args: string[]): void =>
  void execFileSync('ffmpeg', ['-v', 'error', '-y', ...args, at(name)])
const source = (rate: string, frames: number): string[] => [
  '-f',
  'lavfi',
  '-i',
  `testsrc=size=64x48:rate=${rate}`,
  '-frames:v',
  String(frames),
]
const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

describe.skipIf(missing !== null)('ffmpeg and the window see the same frames at the same times', () => {
  beforeAll(() => make('long.mp4', ...source('30', 240), ...x264, '-g', '90'))

  test.each<[string, number, string[] | (() => string[])]>([
    ['rounded.mkv', 120, [...source('30', 120), ...x264]],
    ['television.mkv', 239, [...source('30000/1001', 239), ...x264, '-bf', '2']],
    ['film.webm', 97, [...source('24000/1001', 97), '-c:v', 'libvpx', '-deadline', 'realtime']],
    ['fragments.mp4', 120, [...source('30', 120), ...x264, '-movflags', 'frag_keyframe+empty_moov']],
    ['piped.mkv', 90, [...source('25', 90), ...x264, '-f', 'matroska', '-live', '1']],
    ['cut.mp4', 75, () => ['-ss', '2.2', '-i', at('long.mp4'), '-t', '2.5', '-c', 'copy']],
    ['late.mkv', 150, () => ['-i', at('long.mp4'), '-c', 'copy', '-copyinkf', '-ss', '1']],
    ['broadcast.ts', 100, [...source('25', 100), ...x264, '-bf', '2']],
    ['uneven.mp4', 104, () => ['-i', at('long.mp4'), '-vf', "select='lt(mod(n,7),3)'", '-fps_mode', 'vfr', ...x264]],
    ['wide.mp4', 30, [...source('30', 30), '-vf', 'setsar=2/1', ...x264]],
    ['tall.mkv', 30, [...source('30', 30), '-vf', 'setsar=1/2', ...x264]],
  ])('%s', async (name, frames, args) => {
    make(name, ...(typeof args === 'function' ? args() : args))
    const container = containerOf(await readHead(at(name)))
    const core = await openWithFfmpeg({ path: at(name), name, ...(container && { demuxer: container.demuxer }) })
    const { facts, times } = await (await openVideoFile(new Blob([readFileSync(at(name))]))).read()
    const { frames: counted, width, height } = core.facts
    expect(counted).toBe(frames)
    expect(facts).toMatchObject({ frames, width, height })
    for (const key of ['fps', 'durationMs', 'startMs'] as const) expect(facts[key], key).toBeCloseTo(core.facts[key], 2)
    for (const n of [0, 1, frames >> 1, frames - 1]) expect(times[n], `frame ${n}`).toBeCloseTo(core.times[n] ?? NaN, 4)
  })
})
