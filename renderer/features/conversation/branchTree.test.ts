import type { MapEntry } from '#contract'
import { expect, test } from 'vitest'
import { keyTarget, treeLines } from './branchTree.ts'

const entry = (id: string, parentId: string | null): MapEntry => ({
  ...{ id, parentId, role: 'user', text: id, model: null, shown: true },
})
const lines = treeLines([entry('q', null), entry('a1', 'q'), entry('q2', 'a1'), entry('a2', 'q'), entry('q3', 'a1')])

test('each message stands below the one that it follows, and only where there are versions it is indented', () => {
  expect(lines.map(({ entry: { id }, depth, parent, isBranch }) => [id, depth, parent, isBranch])).toEqual([
    ['q', 0, -1, false],
    ['a1', 1, 0, true],
    ['q2', 2, 1, true],
    ['q3', 2, 1, true],
    ['a2', 1, 0, true],
  ])
})

test('a conversation of many turns makes no deep calls', () => {
  const long = Array.from({ length: 20_000 }, (_, n) => entry(String(n), n === 0 ? null : String(n - 1)))
  expect(treeLines(long).at(-1)).toMatchObject({ depth: 0, parent: 19_998 })
})

test('keys go through the lines, to what one follows, and into what follows it', () => {
  expect(
    ['ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'x'].map((key) => keyTarget(lines, 1, key)),
  ).toEqual([2, 0, 0, 2, 0, 4, null])
  expect(keyTarget(lines, 3, 'ArrowRight')).toBeNull()
  expect(keyTarget(lines, 0, 'ArrowLeft')).toBeNull()
  expect(keyTarget(lines, 4, 'ArrowDown')).toBeNull()
})
