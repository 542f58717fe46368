import { describe, expect, it } from 'vitest'
import { Lines, inTurns } from './comparison.ts'

describe('sides measured in turns', () => {
  it('are measured A, B, A, B, each round once', async () => {
    const order: string[] = []
    const side = (name: string, times: number) => ({
      name,
      measure: async (round: number) => {
        order.push(`${name}${round}`)
        return { ms: times * (round + 1) }
      },
    })
    const { values, others } = await inTurns([side('a', 10), side('b', 40)], 3)
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
    expect(values('a', 'ms')).toEqual([10, 20, 30])
    expect(values('b', 'ms')).toEqual([40, 80, 120])
    expect(others).toHaveLength(3)
  })

  it('leave out one that fails, from there on, and keep its reason', async () => {
    let tries = 0
    const failing = {
      name: 'failing',
      measure: async (): Promise<{ ms: number }> => {
        if (++tries === 2) throw new Error('It is not installed')
        return { ms: 1 }
      },
    }
    const { values } = await inTurns([failing, { name: 'other', measure: async () => ({ ms: 2 }) }], 4)
    expect(tries).toBe(2)
    expect(values('failing', 'ms')).toEqual({ reason: 'It is not installed' })
    expect(values('other', 'ms')).toEqual([2, 2, 2, 2])
  })
})

describe('the lines of a stage', () => {
  it('have the ratio of the medians, and that of every round', () => {
    const lines = new Lines()
    lines.ratio('speed', 'speed, against B', [2, 9, 4], [4, 3, 8], { atMost: 0.5 })
    expect(lines.done('stage', []).ratios).toEqual([
      {
        name: 'speed',
        label: 'speed, against B',
        value: 1,
        rounds: [0.5, 3, 0.5],
        unit: 'ratio',
        target: { atMost: 0.5 },
      },
    ])
  })

  it('say why one is missing, whichever side it was', () => {
    const lines = new Lines()
    lines.figure('b', 'B', 'ms', { reason: 'gone' })
    lines.ratio('one', 'one', [1], { reason: 'gone' }, null)
    lines.ratio('two', 'two', { reason: 'away' }, [1], null)
    lines.cosine('three', 'three', { reason: 'no memory' }, { atLeast: 0.999 })
    expect(lines.done('stage', [])).toMatchObject({
      figures: [],
      ratios: [],
      skipped: [
        { name: 'one', reason: 'gone' },
        { name: 'two', reason: 'away' },
        { name: 'three', reason: 'no memory' },
      ],
    })
  })
})
