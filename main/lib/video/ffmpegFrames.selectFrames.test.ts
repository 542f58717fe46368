import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { selectFrames } from './ffmpegFrames.ts'

const missing = spawnSync('ffmpeg', ['-version']).error
  ? 'ffmpeg is not installed: its expressions are not tried here'
  : null
if (missing) process.stderr.write(`${missing}\n`)

test('a few frames are looked up by halves', () => {
  expect(selectFrames([7])).toBe('eq(n,7)')
  expect(selectFrames([1, 5, 9])).toBe('if(lt(n,5),eq(n,1),if(lt(n,9),eq(n,5),eq(n,9)))')
})

test.skipIf(missing !== null)('ffmpeg gives exactly the frames, also the most that a video may have', () => {
  for (const indices of [
    [0],
    [0, 999],
    [3, 4, 5],
    Array.from({ length: 768 }, (_, n) => Math.round((n * 999) / 767)),
  ]) {
    const input = ['-f', 'lavfi', '-i', 'nullsrc=size=16x16:rate=100:duration=10']
    const shown = spawnSync(
      'ffmpeg',
      [
        '-v',
        'error',
        ...input,
        '-vf',
        `format=rgb24,geq=r=mod(N\\,251):g=0:b=0,select='${selectFrames(indices)}'`,
        '-fps_mode',
        'passthrough',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        'pipe:1',
      ],
      { maxBuffer: 1 << 24 },
    )
    expect(shown.stderr.toString()).toBe('')
    expect(Array.from({ length: shown.stdout.length / 768 }, (_, i) => shown.stdout[i * 768])).toEqual(
      indices.map((index) => index % 251),
    )
  }
})
