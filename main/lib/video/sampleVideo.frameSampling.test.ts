import { describe, expect, test } from 'vitest'
import { goldenJson } from '../../testing/engineGoldens.ts'
import { frameBudget, sampleFrames } from './index.ts'
import type { SamplingRule } from './index.ts'

/** `frame_sampling.json`: what qwen_vl_utils does; `floor` is its current version. Long lists hold their first and last indices only. */
interface SamplingCase {
  readonly total_frames: number
  readonly video_fps: number
  readonly ele: {
    readonly fps?: number
    readonly nframes?: number
    readonly min_frames?: number
    readonly max_frames?: number
  }
  readonly floor: {
    readonly nframes: number
    readonly indices: readonly number[]
    readonly indices_truncated: boolean
    readonly sample_fps: number
    readonly video_max_pixels: number
  }
}
const cases = goldenJson<SamplingCase[]>('common', 'frame_sampling.json')
const ruleOf = ({ fps, nframes, min_frames, max_frames }: SamplingCase['ele']): SamplingRule => ({
  ...(fps !== undefined && { fps }),
  ...(nframes !== undefined && { frames: nframes }),
  ...(min_frames !== undefined && { minFrames: min_frames }),
  ...(max_frames !== undefined && { maxFrames: max_frames }),
})

describe('frames are chosen as the reference chooses them', () => {
  test.each(cases)('$total_frames frames at $video_fps with $ele', ({ total_frames, video_fps, ele, floor }) => {
    const { indices, fps } = sampleFrames(total_frames, video_fps, ruleOf(ele))
    expect(indices).toHaveLength(floor.nframes)
    const half = floor.indices.length / 2
    expect(floor.indices_truncated ? [...indices.slice(0, half), ...indices.slice(-half)] : indices).toEqual(
      floor.indices,
    )
    expect(indices.at(-1)).toBe(total_frames - 1)
    expect(fps).toBeCloseTo(floor.sample_fps, 12)
    expect(frameBudget(floor.nframes).maxPixels).toBeCloseTo(floor.video_max_pixels, 6)
  })

  test.each([
    [1, {}],
    [0, {}],
    [10, { frames: 12 }],
    [10, { frames: 1 }],
  ])('%d frames cannot be chosen from with %o', (total, rule) => {
    expect(() => sampleFrames(total, 30, rule)).toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error)
  })
})

describe('the size of a frame', () => {
  test('a smaller or larger one may be wished, not one beyond the limits', () => {
    expect(frameBudget(8)).toEqual({ minPixels: 128 * 784, maxPixels: 768 * 784 })
    expect(frameBudget(8, { minPixels: 3136, maxPixels: 50_176 })).toEqual({ minPixels: 3136, maxPixels: 50_176 })
    expect(frameBudget(8, { maxPixels: 12_845_056 }).maxPixels).toBe(768 * 784)
    expect(frameBudget(768, { maxPixels: 12_845_056 }).maxPixels).toBe(105_369)
    // a wished least size leaves room above it, also where the share of the total is smaller
    expect(frameBudget(768, { minPixels: 200_000 })).toEqual({ minPixels: 200_000, maxPixels: 210_000 })
    expect(frameBudget(768, { minPixels: 3136 }).maxPixels).toBe((2 * 24576 * 784) / 768)
  })

  test('an odd last frame counts as a pair', () => {
    expect(frameBudget(99)).toEqual(frameBudget(100))
  })
})
