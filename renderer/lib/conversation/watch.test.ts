import { expect, test } from 'vitest'
import { createFrameBatch } from './watch.ts'

const setUp = () => {
  const batches: (readonly string[])[] = []
  const frames: (() => void)[] = []
  const batch = createFrameBatch<string>(
    (items) => batches.push(items),
    (run) => frames.push(run),
  )
  return { batch, batches, frame: () => frames.splice(0).forEach((run) => run()), frames }
}

test('hands over everything of one frame at once and asks for one frame only', () => {
  const { batch, batches, frame, frames } = setUp()
  batch.later('a')
  batch.later('b')
  expect(frames).toHaveLength(1)
  frame()
  expect(batches).toEqual([['a', 'b']])
})

test('an urgent item takes along what waited before it, in order', () => {
  const { batch, batches, frame } = setUp()
  batch.later('a')
  batch.now('b')
  frame()
  batch.later('c')
  frame()
  expect(batches).toEqual([['a', 'b'], ['c']])
})

test('forgets what is waiting when cleared', () => {
  const { batch, batches, frame } = setUp()
  batch.later('a')
  batch.clear()
  frame()
  expect(batches).toEqual([])
})
