import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Download } from '#contract'
import { createFeed } from './feed.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

test('many changes are told four times a second, important ones at once', async () => {
  let doneBytes = 0
  const feed = createFeed(
    () => [{ doneBytes } as Download],
    () => false,
  )
  const seen: number[] = []
  const reading = (async () => {
    for await (const [job] of feed.watch()) seen.push(job!.doneBytes)
  })()
  for (; doneBytes < 1000; doneBytes++) {
    feed.changed()
    await vi.advanceTimersByTimeAsync(1)
  }
  expect(seen.length).toBeGreaterThanOrEqual(4)
  expect(seen.length).toBeLessThanOrEqual(6)
  const before = seen.length
  feed.changed('at once')
  await vi.advanceTimersByTimeAsync(0)
  expect(seen.slice(before)).toEqual([1000])
  feed.close()
  await reading
})

test('while a job runs, its speed is told every second though nothing comes', async () => {
  let told = 0
  const feed = createFeed(
    () => (told++, []),
    () => true,
  )
  const stream = feed.watch()
  feed.changed('at once')
  const before = told
  await vi.advanceTimersByTimeAsync(3000)
  expect(told - before).toBe(3)
  await stream.return?.()
  await vi.advanceTimersByTimeAsync(5000)
  expect(told - before).toBe(4)
})
