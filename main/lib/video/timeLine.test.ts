import { describe, expect, test } from 'vitest'
import { timeLine } from '#contract'
import { framesWithin, sampleFrames } from './index.ts'

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below
}

/** Rates that cameras, films, screens and programs have, as fractions. */
const rates: readonly (readonly [number, number])[] = [
  [24_000, 1001],
  [24, 1],
  [25, 1],
  [30_000, 1001],
  [30, 1],
  [48, 1],
  [50, 1],
  [60_000, 1001],
  [60, 1],
  [120, 1],
  [15, 1],
  [12, 1],
  [10, 1],
  [8, 1],
  [5, 1],
  [2, 1],
  [1, 1],
  [20, 1],
  [29, 1],
  [25, 2],
  [15_000, 1001],
  [1000, 33],
  [1000, 17],
  [1000, 67],
  [90, 1],
]

/** Clocks of files: MKV and WebM, MPEG, QuickTime, and what ffmpeg gives MP4 files. */
const clocks = [1000, 90_000, 600, 15_360, 30_000, 1_000_000]

describe('2,000 lengths, rates and edit lists', () => {
  const random = numbers(11)
  const cases = Array.from({ length: 2000 }, () => {
    const rate = rates[random(rates.length)]!
    const total = 4 + random(random(4) === 0 ? 20_000 : 900)
    const ticksPerSecond = clocks[random(clocks.length)]!
    const hidden = random(3) === 0 ? random(Math.min(60, total - 3)) : 0
    const cut = random(3) === 0 ? random(Math.min(60, total - hidden - 2)) : 0
    const later = random(4) === 0 ? random(90_000) : 0
    const round = [Math.round, Math.floor][random(2)]!
    return {
      rate,
      total,
      ticksPerSecond,
      hidden,
      cut,
      later,
      round,
      isEndKnown: random(2) === 0,
      isRateStated: random(3) === 0,
      wish: [2, 1, 5, 0.5][random(4)]!,
    }
  })

  test('give the frames that were counted, at their rate, and as many samples as the exact length has', () => {
    for (const one of cases) {
      const {
        rate: [above, below],
        total,
        ticksPerSecond,
        hidden,
        cut,
        later,
        round,
        wish,
      } = one
      const at = (frame: number): number => later + round((frame * below * ticksPerSecond) / above)
      const counted = total - hidden - cut
      const line = timeLine({
        ticksPerSecond,
        // as frames are stored, not as they are shown
        times: Array.from({ length: total }, (_, n) => at((n ^ 1) < total ? n ^ 1 : n)),
        end: one.isEndKnown ? at(total) : null,
        statedFps: one.isRateStated ? above / below : null,
        ...(hidden > 0 && { from: at(hidden) }),
        ...(cut > 0 && { until: at(total - cut) }),
      })
      expect(line.frames, JSON.stringify(one)).toBe(counted)
      expect(line.startMs).toBeCloseTo((1000 * at(hidden)) / ticksPerSecond, 6)
      expect([...line.times]).toEqual(Array.from({ length: counted }, (_, n) => at(hidden + n) / ticksPerSecond))
      expect(Math.abs(line.durationMs - (1000 * counted * below) / above), JSON.stringify(one)).toBeLessThanOrEqual(
        2000 / ticksPerSecond,
      )
      const exact = Math.floor(Number((BigInt(counted * below) * BigInt(wish * 2)) / BigInt(above * 2)) / 2) * 2
      const most = Math.floor(Math.min(768, counted) / 2) * 2
      expect(
        sampleFrames(counted, line.fps, { fps: wish }).indices.length,
        JSON.stringify({ ...one, fps: line.fps }),
      ).toBe(Math.min(Math.max(exact, 4), most))
    }
  })
})

const uneven = { ticksPerSecond: 1000, end: null }

describe('a time line', () => {
  test('has no 7.9999 frames: a length of a whole second is one, however its clock rounds', () => {
    for (const step of [33, 34]) {
      const times = Array.from({ length: 120 }, (_, n) => Math.round((n * 1000) / 30) + (n % 7 === 3 ? step - 33 : 0))
      const { fps, durationMs } = timeLine({ ticksPerSecond: 1000, times, end: 3999 })
      expect([fps, durationMs, sampleFrames(120, fps).indices.length]).toEqual([30, 4000, 8])
    }
  })

  test('of uneven frames takes all of them by the time that they take', () => {
    expect(timeLine({ ...uneven, times: [0, 100, 700, 800, 900, 2000], end: 3000 })).toMatchObject({
      frames: 6,
      durationMs: 3000,
      fps: 2,
    })
    // nobody says how long the last one lasts: as long as the others
    expect(timeLine({ ...uneven, times: [0, 100, 700, 800, 900, 2000] })).toMatchObject({ durationMs: 2400, fps: 2.5 })
    // a last frame that is held
    expect(timeLine({ ...uneven, times: [0, 100, 200], end: 6000 })).toMatchObject({ durationMs: 6000, fps: 0.5 })
  })

  test('ends where its last frame is cut short, and keeps its rate', () => {
    expect(timeLine({ ticksPerSecond: 600, times: [0, 20, 40, 60, 80], end: 100, until: 90 })).toMatchObject({
      frames: 5,
      fps: 30,
      durationMs: 150,
    })
  })

  test('shows frames that begin within the edit list, as players do', () => {
    expect([
      ...timeLine({ ticksPerSecond: 10, times: [-10, -5, 0, 5, 10, 15], end: 20, from: 0, until: 10 }).times,
    ]).toEqual([0, 0.5])
  })

  test('of one frame or of none has a length all the same', () => {
    expect(timeLine({ ...uneven, times: [500] })).toMatchObject({ frames: 1, durationMs: 40, fps: 25, startMs: 500 })
    expect(timeLine({ ...uneven, times: [500], end: 2500 })).toMatchObject({ frames: 1, durationMs: 2000, fps: 0.5 })
    expect(timeLine({ ...uneven, times: [] })).toMatchObject({ frames: 0, durationMs: 0, fps: 0 })
    expect(timeLine({ ...uneven, times: [7, 7, 7] })).toMatchObject({ frames: 3, fps: 1000 })
  })

  test('of a stated rate that the times contradict is that of the times', () => {
    const times = Array.from({ length: 50 }, (_, n) => n * 50)
    expect(timeLine({ ...uneven, times, statedFps: 30 }).fps).toBe(20)
  })
})

test('a range that ends at a frame as it was shown holds that frame', () => {
  expect(framesWithin(120, 30, { startMs: 33.3334, endMs: 1000 })).toEqual({ first: 1, total: 30 })
})
