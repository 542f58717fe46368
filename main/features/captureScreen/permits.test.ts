import { expect, test } from 'vitest'
import { createPermits } from './permits.ts'

test('a permit is good for one request of its kind, for ten seconds', () => {
  let now = 0
  const permits = createPermits(() => now)
  expect(permits.take('camera')).toBeNull()
  permits.allow({ what: 'screen', sourceId: 'window:1:0' })
  expect(permits.take('camera')).toBeNull()
  expect([permits.has('screen'), permits.has('camera')]).toEqual([true, false])
  expect(permits.take('screen')).toEqual({ what: 'screen', sourceId: 'window:1:0' })
  expect(permits.take('screen')).toBeNull()
  permits.allow({ what: 'camera', sourceId: null })
  now = 10_001
  expect(permits.take('camera')).toBeNull()
})
