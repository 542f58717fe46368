import { describe, expect, test } from 'vitest'
import { toTurns } from './tree.ts'
import type { NodeKind, TreeNode } from './tree.ts'

const said = (role: 'user' | 'assistant', words: string): NodeKind => ({
  ...{ kind: 'turn', role, parts: [{ type: 'text', text: words }], reasoning: null, model: null, time: null },
  end: 'complete',
})
const note = (reasoning: string): NodeKind => ({ kind: 'note', parts: [], reasoning, model: 'm', time: 1 })
const skip: NodeKind = { kind: 'skip' }
const node = (id: string, parent: string | null | undefined, is: NodeKind, children: string[] = []): TreeNode => ({
  ...{ id, parent, is, children },
})
/** Each turn as `parent > id: words`. */
const lines = (nodes: TreeNode[], active: string | null = null) => {
  const { turns, leaf } = toTurns(nodes, active)
  const words = (turn: (typeof turns)[number]) =>
    turn.parts.map((part) => (part.type === 'text' ? part.text : '[]')).join('')
  return {
    leaf,
    turns: turns.map(
      (turn) => `${turn.parent ?? ''} > ${turn.id}: ${turn.reasoning ? `<${turn.reasoning}>` : ''}${words(turn)}`,
    ),
  }
}

describe('order', () => {
  test('follows the parents, and the lists of children before the order of the file', () => {
    const nodes = [
      node('b', 'q', said('assistant', 'second')),
      node('a', 'q', said('assistant', 'first')),
      node('q', null, said('user', 'Q'), ['a', 'b']),
    ]
    expect(lines(nodes, 'a')).toEqual({ leaf: 'a', turns: [' > q: Q', 'q > a: first', 'q > b: second'] })
    expect(lines(nodes).leaf).toBe('b')
  })

  test('a line that was shown goes on to its last child', () => {
    const nodes = [
      node('q', null, said('user', 'Q')),
      node('a', 'q', said('assistant', 'A')),
      node('r', 'a', said('user', 'R')),
      node('b', 'q', said('assistant', 'B')),
    ]
    expect(lines(nodes, 'a').leaf).toBe('r')
    expect(lines(nodes, 'gone').leaf).toBe('b')
  })

  test('a parent that is told only by its list of children counts; one that is gone makes a root', () => {
    const nodes = [
      node('q', undefined, said('user', 'Q'), ['a', 'gone']),
      node('a', undefined, said('assistant', 'A')),
      node('s', 'gone', said('user', 'S')),
    ]
    expect(lines(nodes).turns).toEqual([' > q: Q', 'q > a: A', ' > s: S'])
  })

  test('circles, nodes that are their own parents and ids that come twice end', () => {
    const nodes = [
      node('a', 'b', said('user', 'A')),
      node('b', 'a', said('assistant', 'B')),
      node('c', 'c', said('user', 'C')),
      node('c', null, said('user', 'again')),
      node('', null, said('user', 'without an id')),
    ]
    expect(lines(nodes).turns).toEqual([' > c: C', ' > a: A', 'a > b: B'])
  })

  test('a line of fifty thousand is no matter', () => {
    const nodes = Array.from({ length: 50_000 }, (_, i) =>
      node(`${i}`, i === 0 ? null : `${i - 1}`, said(i % 2 === 0 ? 'user' : 'assistant', `${i}`)),
    )
    expect(toTurns(nodes, null)).toMatchObject({ leaf: '49999', turns: { length: 50_000 } })
  })
})

describe('what is no turn', () => {
  test('thoughts go to the answer after them, also beside another answer', () => {
    const nodes = [
      node('root', null, skip, ['q']),
      node('q', 'root', said('user', 'Q'), ['t', 'b']),
      node('t', 'q', note('hm'), ['a']),
      node('a', 't', said('assistant', 'A')),
      node('b', 'q', said('assistant', 'B')),
    ]
    expect(lines(nodes, 'a')).toEqual({ leaf: 'a', turns: [' > q: Q', 'q > a: <hm>A', 'q > b: B'] })
  })

  test('an answer that goes on behind a tool is one; where it branches, its ends stay apart', () => {
    const line = [
      node('q', null, said('user', 'Q')),
      node('a', 'q', said('assistant', 'Let me see.')),
      node('tool', 'a', skip),
      node('b', 'tool', said('assistant', 'It is red.')),
    ]
    expect(lines(line, 'b')).toEqual({ leaf: 'a', turns: [' > q: Q', 'q > a: Let me see.\n\nIt is red.'] })
    const branched = [...line, node('c', 'tool', said('assistant', 'It is blue.'))]
    expect(lines(branched).turns).toEqual([' > q: Q', 'q > a: Let me see.', 'a > b: It is red.', 'a > c: It is blue.'])
  })

  test('what was thought and led to nothing is an answer of its own', () => {
    const nodes = [
      node('q', null, said('user', 'Q')),
      node('t', 'q', note('hm')),
      node('r', 't', said('user', 'R')),
      node('u', 'r', note('oh')),
    ]
    expect(lines(nodes)).toEqual({ leaf: 'u', turns: [' > q: Q', 'q > t: <hm>', 't > r: R', 'r > u: <oh>'] })
  })
})
