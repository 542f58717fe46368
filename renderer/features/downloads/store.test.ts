import type { Download } from '#contract'
import { expect, test } from 'vitest'
import { isUnderWay, shareOf, stateText } from './store.ts'

const now = 1_000_000
const job: Download = {
  ...{
    id: '1',
    name: 'A Q4',
    entryId: 'a',
    quantization: 'Q4',
    from: null,
    passedOver: [],
    state: 'running',
    files: [],
    bytes: 2.3e9,
    doneBytes: 9e8,
  },
  ...{ bytesPerSecond: 24.3e6, secondsLeft: 58, retryAt: null, error: null, position: 0, modelId: null, startedAt: 0 },
}
const words = (changes: Partial<Download>): string => stateText({ ...job, ...changes }, now).replaceAll('\u00a0', ' ')

test.each<[Partial<Download>, string]>([
  [{}, '900 MB of 2.3 GB, 24.3 MB/s, about 1 min left'],
  [{ bytesPerSecond: null, secondsLeft: null }, '900 MB of 2.3 GB'],
  [{ state: 'queued', doneBytes: 0 }, 'Waits for the others, 2.3 GB'],
  [{ state: 'queued' }, 'Waits for the others, 900 MB of 2.3 GB'],
  [{ state: 'checking', doneBytes: 0 }, 'Looks at the files before they are fetched, 2.3 GB'],
  [
    { state: 'retrying', retryAt: now + 40_000 },
    'The connection was lost. Tries again in about 40 s, 900 MB of 2.3 GB are kept',
  ],
  [{ state: 'retrying', retryAt: now - 1 }, 'The connection was lost. Tries again now, 900 MB of 2.3 GB are kept'],
  [{ state: 'paused' }, 'Paused, 900 MB of 2.3 GB'],
  [{ state: 'failed' }, 'Stopped, 900 MB of 2.3 GB are kept'],
  [{ state: 'done' }, 'Downloaded and verified, 2.3 GB'],
])('%j: %s', (changes, expected) => {
  expect(words(changes)).toBe(expected)
})

test('what is on its way, and how far', () => {
  expect(
    (['queued', 'checking', 'running', 'retrying', 'verifying', 'paused', 'failed', 'done'] as const).filter((state) =>
      isUnderWay({ ...job, state }),
    ),
  ).toEqual(['queued', 'checking', 'running', 'retrying', 'verifying'])
  expect(shareOf({ ...job, bytes: 0, doneBytes: 0 })).toBe(0)
  expect(shareOf({ ...job, bytes: 10, doneBytes: 20 })).toBe(1)
})
