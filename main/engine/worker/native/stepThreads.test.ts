import { describe, expect, test } from 'vitest'
import { StepThreads, watchOthers } from './stepThreads.ts'

/** Milliseconds that a token takes one thread, and the share of them that more threads cannot shorten. */
const ONE_THREAD_MS = 52
const FIXED = 0.3
/** What is left of the speed when threads share cores, as seen with two: they wait for one another, over and over. */
const DISTURBED = 0.36

/**
 * A computer with so many cores, of which another program keeps `foreign` busy: what a token takes there, and what of the
 * processor. A thread that shares its core is given half of it; waiting for it looks like computing.
 */
function step(cores: number, foreign: number, count: number): [wallMs: number, cpuMs: number] {
  const sharing = Math.max(0, count + foreign - cores)
  const wallMs = (ONE_THREAD_MS * (FIXED + (1 - FIXED) / count)) / (sharing > 0 ? DISTURBED : 1)
  return [wallMs, wallMs * (count - sharing / 2)]
}

/** Threads that cannot see what other programs do, or are told by `busy`. */
const stepThreads = (most: number, busy: () => number | null = () => null) => new StepThreads(most, () => busy)

/** The counts with which so many tokens are computed. */
function run(threads: StepThreads, cores: number, foreign: number, tokens: number): number[] {
  return Array.from({ length: tokens }, () => {
    const { count } = threads
    threads.took(...step(cores, foreign, count))
    return count
  })
}

describe('the threads that compute a token', () => {
  test('are all of them while nothing else is busy', () => {
    const threads = stepThreads(4)
    expect(new Set(run(threads, 4, 0, 2000))).toEqual(new Set([4]))
  })

  test.each([
    { cores: 2, foreign: 1, best: 1 },
    { cores: 8, foreign: 1, best: 7 },
    { cores: 8, foreign: 3, best: 5 },
    { cores: 16, foreign: 15, best: 16 },
  ])('$foreign of $cores cores busy: the fastest number, $best', ({ cores, foreign, best }) => {
    const counts = run(stepThreads(cores), cores, foreign, 2000)
    expect(counts.slice(-1000).filter((count) => count === best).length).toBeGreaterThan(950)
  })

  test('fewer are found within a second, and others are tried for few tokens', () => {
    const counts = run(stepThreads(2), 2, 1, 2000)
    expect(counts.slice(0, 12)).toContain(1)
    expect(counts.slice(200).filter((count) => count === 2).length).toBeLessThan(1800 * 0.05)
  })

  test('are all of them again when the other program has ended', () => {
    const threads = stepThreads(2)
    run(threads, 2, 1, 2000)
    const counts = run(threads, 2, 0, 400)
    expect(counts.slice(-200)).toEqual(Array(200).fill(2))
  })

  test('are as many as there is room for when a part of the other programs has ended', () => {
    const threads = stepThreads(8)
    run(threads, 8, 5, 2000)
    expect(threads.count).toBe(3)
    run(threads, 8, 2, 1000)
    expect(threads.count).toBe(6)
  })

  test('are all of them at once when the other program is seen to end, and are not tried before', () => {
    let foreign = 1
    const threads = stepThreads(2, () => foreign)
    run(threads, 2, foreign, 40)
    expect(run(threads, 2, foreign, 100)).toEqual(Array(100).fill(1))
    foreign = 0
    const counts = run(threads, 2, foreign, 100)
    expect(counts.lastIndexOf(1)).toBeLessThan(8)
  })

  test('are as many as there is room for when a part of the other programs is seen to end', () => {
    let foreign = 5
    const threads = stepThreads(8, () => foreign)
    run(threads, 8, foreign, 200)
    expect(threads.count).toBe(3)
    foreign = 2
    run(threads, 8, foreign, 100)
    expect(threads.count).toBe(6)
  })

  test('stay where fewer are not faster, although cores are missing', () => {
    const threads = stepThreads(2)
    // a limit on processor time, say, slows any number of threads down
    const counts = Array.from({ length: 1000 }, () => {
      const { count } = threads
      threads.took(100, 100)
      return count
    })
    expect(counts.filter((count) => count === 1).length).toBeLessThan(1000 * 0.06)
    expect(threads.count).toBe(2)
  })

  test('a single one is never asked about', () => {
    expect(new Set(run(stepThreads(1), 1, 1, 100))).toEqual(new Set([1]))
  })
})

test('what this process computes is not what other programs do', () => {
  const now = { at: 1000, all: 5000, own: 300 }
  const busy = watchOthers(() => ({ ...now }))
  Object.assign(now, { at: 1200, all: 5380, own: 480 })
  expect(busy()).toBe(1)
  // the clocks of both are not as fine
  Object.assign(now, { all: 5100 })
  expect(busy()).toBe(0)
})

test('a system that does not tell what its processors do tells nothing', () => {
  expect(watchOthers(() => ({ at: performance.now(), all: 0, own: 1 }))()).toBeNull()
})
