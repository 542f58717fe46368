import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { planFigures, roundTogether } from './modelStatus.ts'

const none = { device: 'CPU', weights: 0, projector: 0, kv: 0, picture: 0, overhead: 0, total: 0, free: 16e9 }
const shown = (part: Partial<typeof none>, locale = 'en') => {
  const { entries, total } = planFigures({ ...none, ...part }, locale)
  return { entries: entries.map(({ text }) => text), total }
}

describe('the figures of a plan', () => {
  test('are in the unit of their total, in the order of the bar, without what takes nothing', () => {
    const part = { weights: 986e6, projector: 1.33e9, overhead: 124e6, total: 2.44e9 }
    expect(planFigures({ ...none, ...part }, 'en').entries.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['weights', 986e6],
      ['projector', 1.33e9],
      ['overhead', 124e6],
    ])
    expect(shown(part)).toEqual({ entries: ['0.99 GB', '1.33 GB', '0.12 GB'], total: '2.44 GB' })
    expect(shown({ weights: 8_400_000, kv: 650_000, total: 9_050_000 })).toEqual({
      entries: ['8.4 MB', '0.7 MB'],
      total: '9.1 MB',
    })
    expect(shown({ weights: 1500, total: 1500 })).toEqual({ entries: ['1.5 kB'], total: '1.5 kB' })
  })

  test('are written as the locale does', () => {
    expect(shown({ weights: 1.5e9, kv: 0.25e9, total: 1.75e9 }, 'de')).toEqual({
      entries: ['1,50\u00a0GB', '0,25\u00a0GB'],
      total: '1,75\u00a0GB',
    })
    expect(shown({ weights: 1.5e9, total: 1.5e9 }, 'fr').total).toBe('1,50\u202fGo')
  })

  test('add up as shown, where each rounded by itself would not', () => {
    expect(shown({ weights: 1.004e9, projector: 1.004e9, kv: 1.004e9, total: 3.012e9 })).toEqual({
      entries: ['1.01 GB', '1.00 GB', '1.00 GB'],
      total: '3.01 GB',
    })
  })

  test('say of what is too little to be written that it is there', () => {
    expect(shown({ weights: 2e9, kv: 2e6, total: 2.002e9 })).toEqual({
      entries: ['2.00 GB', '< 0.01 GB'],
      total: '2.00 GB',
    })
  })
})

test('numbers rounded together keep their rounded sum, and each stays within one of itself', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { maxLength: 8 }), (values) => {
      const rounded = roundTogether(values)
      expect(rounded.reduce((sum, one) => sum + one, 0)).toBe(Math.round(values.reduce((sum, one) => sum + one, 0)))
      rounded.forEach((one, i) => expect(Math.abs(one - values[i]!)).toBeLessThanOrEqual(1))
    }),
  )
})
