import { describe, expect, test } from 'vitest'
import type { AppError } from '#contract'
import { goldenJson } from '../../testing/engineGoldens.ts'
import { visionOf } from '../families/families.ts'
import { smartResize, smartResizeVideo } from '../picture/smartResize.ts'
import { proposeSample, sampleTimedFrames, sampleVideo } from './index.ts'

/** Of the reference; lists over 32 numbers have only their ends. */
interface Sampling {
  readonly total_frames: number
  readonly video_fps: number
  readonly fps: number
  readonly nframes: number
  readonly indices: readonly number[]
  readonly indices_truncated: boolean
}
interface Resized {
  readonly height: number
  readonly width: number
  readonly num_frames?: number
  readonly min_pixels: number
  readonly max_pixels: number
  readonly resized: readonly [number, number] | null
  readonly error?: string
}

const vision = visionOf('qwen3vl')
const TOKEN = 32
const END = 16
const refused = expect.objectContaining({ code: 'UnsupportedMedia' }) as AppError
const invalid = expect.objectContaining({ code: 'InvalidInput' }) as AppError
const { images, videos } = goldenJson<{ images: Resized[]; videos: Resized[] }>('qwen3vl', 'smart_resize.json')
const limits = ({ min_pixels, max_pixels }: Resized) => ({ minPixels: min_pixels, maxPixels: max_pixels })

describe("Qwen3-VL's sizes are those of the reference", () => {
  test.each(images)('of a picture of $width x $height', (picture) => {
    const size = () => smartResize(picture, limits(picture), 'It', TOKEN)
    if (picture.resized === null) expect(size).toThrow(refused)
    else expect(size()).toEqual({ height: picture.resized[0], width: picture.resized[1] })
  })

  // the reference refuses frames smaller than a token, which are enlarged here as pictures are
  test.each(videos.filter(({ error }) => !error?.includes('larger than factor')))(
    'of $num_frames frames of $width x $height within $max_pixels pixels',
    (video) => {
      const size = () => smartResizeVideo(video, video.num_frames!, limits(video), 'It', TOKEN)
      if (video.resized === null) expect(size).toThrow(refused)
      else expect(size()).toEqual({ height: video.resized[0], width: video.resized[1] })
    },
  )

  test('of frames smaller than a token: one token at least', () => {
    const small = { width: 64, height: 31 }
    expect(smartResizeVideo(small, 4, { minPixels: 4096, maxPixels: 25_165_824 }, 'It', TOKEN)).toEqual({
      width: 64,
      height: 32,
    })
  })
})

describe("Qwen3-VL's frames are those of the reference", () => {
  // one frame is no video here
  test.each(goldenJson<Sampling[]>('qwen3vl', 'frame_sampling.json').filter(({ total_frames }) => total_frames > 1))(
    'of $total_frames at $video_fps, $fps a second',
    ({ total_frames, video_fps, fps, nframes, indices, indices_truncated }) => {
      const found = sampleTimedFrames(total_frames, video_fps, { fps }).indices
      expect(found).toHaveLength(nframes)
      const ends = (list: readonly number[]) => [...list.slice(0, END), ...list.slice(-END)]
      expect(indices_truncated ? ends(found) : found).toEqual(indices_truncated ? ends(indices) : indices)
    },
  )

  test('one frame is refused with what to do instead', () => {
    expect(() => sampleTimedFrames(1, 30, {})).toThrow(invalid)
  })
})

describe('a video for Qwen3-VL', () => {
  const facts = { width: 1280, height: 720, durationMs: 20_000, frames: 600, fps: 30, codec: 'avc', startMs: 0 }
  const usual = { minPixels: 256 * 1024, maxPixels: 1280 * 1024 }

  test('has whole tokens of 32 pixels, and its times among them', () => {
    const { sample, tokens } = sampleVideo(facts, { range: null }, usual, vision)
    expect(sample.indices).toHaveLength(40)
    expect([sample.width % TOKEN, sample.height % TOKEN]).toEqual([0, 0])
    expect(sample.width * sample.height * 40).toBeLessThanOrEqual(25_165_824)
    expect(tokens).toBeGreaterThan((20 * sample.width * sample.height) / 1024)
  })

  test('is made to fit by fewer and smaller frames', () => {
    const proposal = proposeSample(facts, { range: null }, usual, 4000, vision)!
    expect(proposal.tokens).toBeLessThanOrEqual(4000)
    const { fps, budget } = proposal
    expect(sampleVideo(facts, { range: null, fps, budget }, usual, vision).tokens).toBe(proposal.tokens)
  })
})
