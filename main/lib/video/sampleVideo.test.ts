import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AppError, VideoFacts } from '#contract'
import { visionOf } from '../families/families.ts'
import { framesWithin, proposeSample as propose, sampleVideo as sample } from './index.ts'

type FirstThree = [Parameters<typeof sample>[0], Parameters<typeof sample>[1], Parameters<typeof sample>[2]]

const facts = (over: Partial<VideoFacts> = {}): VideoFacts => ({
  width: 1280,
  height: 720,
  durationMs: 20_000,
  frames: 600,
  fps: 30,
  codec: 'avc',
  startMs: 0,
  ...over,
})
const vision = visionOf('qwen2vl')
const sampleVideo = (...[video, request, budget]: FirstThree) => sample(video, request, budget, vision)
const proposeSample = (...[video, request, budget, room]: [...FirstThree, number]) =>
  propose(video, request, budget, room, vision)
const usual = { minPixels: 256 * 784, maxPixels: 1280 * 784 }
const invalid = expect.objectContaining({ code: 'InvalidInput' }) as AppError

describe('a range', () => {
  test.each([
    [null, 0, 100],
    [{ startMs: 0, endMs: 4000 }, 0, 100],
    [{ startMs: 1000, endMs: 2000 }, 25, 26],
    [{ startMs: 1001, endMs: 1999 }, 26, 24],
    [{ startMs: 3000, endMs: 60_000 }, 75, 25],
  ])('%o of 100 frames at 25 per second begins at frame %d and has %d', (range, first, total) => {
    expect(framesWithin(100, 25, range)).toEqual({ first, total })
  })

  test.each([
    { startMs: 1000, endMs: 1030 },
    { startMs: 1001, endMs: 1041 },
    { startMs: 4000, endMs: 5000 },
    { startMs: 9000, endMs: 9500 },
  ])('%o has too few frames', (range) => {
    expect(() => framesWithin(100, 25, range)).toThrow(invalid)
  })

  test('a frame in the middle between two is rounded to the even number, as counted in the whole video', () => {
    // from 1 to 4 in thirds and halves: torch.linspace(1, 4, 4) and torch.linspace(1, 6, 3).round()
    expect(
      sampleVideo(facts({ frames: 100, fps: 10 }), { range: { startMs: 100, endMs: 400 }, fps: 10 }, usual).sample
        .indices,
    ).toEqual([1, 2, 3, 4])
    expect(
      sampleVideo(facts({ frames: 100, fps: 10 }), { range: { startMs: 100, endMs: 700 }, fps: 5 }, usual).sample
        .indices,
    ).toEqual([1, 3, 5, 7])
  })
})

describe('frames', () => {
  test('of a short 720p video are as large as the reference lets them be', () => {
    const { sample, tokens } = sampleVideo(facts(), { range: null }, usual)
    expect(sample).toMatchObject({ fps: 2, wishedFps: 2, width: 1008, height: 560 })
    expect(sample.indices).toHaveLength(40)
    expect([sample.indices[0], sample.indices.at(-1), sample.timesMs.at(-1)]).toEqual([0, 599, (1000 * 599) / 30])
    expect(tokens).toBe(20 * 36 * 20)
  })

  test('of a long one share the total; of the usual budget they have no more', () => {
    const { sample, tokens } = sampleVideo(facts({ durationMs: 1_200_000, frames: 36_000 }), { range: null }, usual)
    expect(sample.indices).toHaveLength(768)
    expect(tokens).toBeLessThanOrEqual(384 * 135)
    expect(sampleVideo(facts(), { range: null }, { minPixels: 4 * 784, maxPixels: 24 * 784 }).sample).toMatchObject({
      width: 168,
      height: 84,
    })
    expect(
      sampleVideo(facts(), { range: null, budget: { minPixels: 4 * 784, maxPixels: 24 * 784 } }, usual).sample,
    ).toMatchObject({
      width: 168,
      height: 84,
    })
  })

  test('begin on the file’s own clock', () => {
    const { indices, timesMs } = sampleVideo(
      facts({ startMs: 500 }),
      { range: { startMs: 1000, endMs: 3000 } },
      usual,
    ).sample
    expect(indices).toEqual([30, 50, 70, 90])
    for (const [n, ms] of [1500, 2166.667, 2833.333, 3500].entries()) expect(timesMs[n]).toBeCloseTo(ms, 3)
  })

  test.each([1, 0.5])('of a video of %d frames cannot be chosen', (frames) => {
    expect(() => sampleVideo(facts({ frames }), { range: null }, usual)).toThrow(invalid)
  })

  test('whatever the video and the wish: even in number, rising, within it, whole tokens, and bounded', () => {
    const anyFacts = fc.record({
      width: fc.integer({ min: 64, max: 4096 }),
      height: fc.integer({ min: 64, max: 4096 }),
      frames: fc.integer({ min: 2, max: 500_000 }),
      fps: fc.double({ min: 0.5, max: 240, noNaN: true }),
    })
    const budget = fc.option(
      fc
        .tuple(fc.integer({ min: 784, max: 16384 * 784 }), fc.integer({ min: 784, max: 16384 * 784 }))
        .map(([a, b]) => ({ minPixels: Math.min(a, b), maxPixels: Math.max(a, b) })),
      { nil: undefined },
    )
    fc.assert(
      fc.property(
        anyFacts,
        fc.double({ min: 0.001, max: 120, noNaN: true }),
        budget,
        ({ width, height, frames, fps }, wished, pixels) => {
          const { sample, tokens } = sampleVideo(
            facts({ width, height, frames, fps, durationMs: (1000 * frames) / fps }),
            { range: null, fps: wished, budget: pixels },
            usual,
          )
          const { indices } = sample
          expect(indices.length % 2).toBe(0)
          expect(indices.length).toBeLessThanOrEqual(768)
          expect([indices[0], indices.at(-1)]).toEqual([0, frames - 1])
          for (let i = 1; i < indices.length; i++) expect(indices[i]).toBeGreaterThan(indices[i - 1]!)
          expect([sample.width % 28, sample.height % 28]).toEqual([0, 0])
          expect(tokens).toBe((indices.length / 2) * (sample.width / 28) * (sample.height / 28))
          expect(indices.length * sample.width * sample.height).toBeLessThanOrEqual(768 * 768 * 784 * 1.6)
        },
      ),
    )
  })
})

describe('a proposal', () => {
  const long = facts({ durationMs: 1_200_000, frames: 36_000 })

  test('keeps frames readable and takes some away', () => {
    const { fps, budget, frames, tokens } = proposeSample(long, { range: null }, usual, 7000)!
    expect(tokens).toBeLessThanOrEqual(7000)
    expect(frames).toBeGreaterThanOrEqual(60)
    expect(budget.maxPixels).toBeGreaterThanOrEqual(64 * 784)
    expect(sampleVideo(long, { range: null, fps, budget }, usual)).toMatchObject({ tokens, sample: { wishedFps: fps } })
  })

  test('keeps all frames where less detail is enough, and the range', () => {
    expect(proposeSample(facts(), { range: null }, usual, 10_000)).toMatchObject({ fps: 2, frames: 40 })
    expect(proposeSample(long, { range: { startMs: 0, endMs: 20_000 } }, usual, 10_000)).toMatchObject({
      fps: 2,
      frames: 40,
    })
  })

  test('that needs less frames only leaves them the size they have', () => {
    const small = { minPixels: 4 * 784, maxPixels: 24 * 784 }
    const { width, height } = sampleVideo(long, { range: null }, small).sample
    const { fps, budget } = proposeSample(long, { range: null }, small, 1500)!
    expect(sampleVideo(long, { range: null, fps, budget }, small).sample).toMatchObject({ width, height })
  })

  test('whatever the room: fits it, or there is none for a few of the smallest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60_000 }),
        fc.integer({ min: 4, max: 300_000 }),
        fc.double({ min: 0.05, max: 60, noNaN: true }),
        (room, frames, fps) => {
          const video = facts({ frames, durationMs: (1000 * frames) / 30 })
          const proposal = proposeSample(video, { range: null, fps }, usual, room)
          if (!proposal) {
            expect(room).toBeLessThan(4 * 20)
            return
          }
          expect(proposal.tokens).toBeLessThanOrEqual(room)
          expect(sampleVideo(video, { range: null, fps: proposal.fps, budget: proposal.budget }, usual).tokens).toBe(
            proposal.tokens,
          )
        },
      ),
    )
  })
})
