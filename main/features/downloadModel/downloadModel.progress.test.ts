import type { Download } from '#contract'
import { expect, test } from 'vitest'
import { progressOf, tellProgress } from './downloadModel.ts'
import type { DownloadProgress } from './downloadModel.ts'

const job = (state: Download['state'], doneBytes = 0, bytes = 100): Download => ({
  ...{
    id: state,
    name: 'Tiny',
    entryId: 'tiny',
    quantization: 'Q4_K_M',
    from: null,
    passedOver: [],
    state,
    files: [],
    bytes,
    doneBytes,
  },
  ...{ bytesPerSecond: null, secondsLeft: null, retryAt: null, error: null, position: 0, modelId: null, startedAt: 0 },
})

test('what is active counts by its bytes; what is paused, failed or done does not', () => {
  const resting = [job('paused', 50), job('failed', 50), job('done', 100)]
  expect(progressOf(resting)).toEqual({ share: null, active: 0, failed: 1, stalled: false })
  const jobs = [...resting, job('running', 30), job('queued', 0, 200), job('verifying', 100)]
  expect(progressOf(jobs)).toEqual({ share: 130 / 400, active: 3, failed: 1, stalled: false })
  expect(progressOf([])).toEqual({ share: null, active: 0, failed: 0, stalled: false })
})

test('it is stalled while what is active waits for a connection', () => {
  expect(progressOf([job('retrying', 10), job('queued')]).stalled).toBe(true)
  for (const state of ['running', 'verifying'] as const)
    expect(progressOf([job('retrying'), job(state)]).stalled).toBe(false)
  expect(progressOf([job('queued')]).stalled).toBe(false)
})

test('a job of no bytes has no share yet, and more bytes than were announced are all of them', () => {
  expect(progressOf([job('running', 0, 0)]).share).toBe(0)
  expect(progressOf([job('running', 101)]).share).toBe(1)
})

test('only changes are told', async () => {
  const told: DownloadProgress[] = []
  const lists = async function* () {
    yield [job('running', 10)]
    yield [{ ...job('running', 10), bytesPerSecond: 5 }]
    yield [job('running', 20)]
    yield []
  }
  await tellProgress(lists(), (progress) => told.push(progress))
  expect(told.map(({ share }) => share)).toEqual([0.1, 0.2, null])
})
