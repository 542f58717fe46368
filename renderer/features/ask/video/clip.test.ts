import type { Attachment, VideoFacts, VideoPlan } from '#contract'
import { expect, test } from 'vitest'
import {
  clipBudget,
  clipDetailOf,
  clipDetails,
  clipDuration,
  clipOfPictures,
  clipPart,
  clipShare,
  clipTokens,
  clipWaits,
  openingClip,
  withWish,
} from './clip.ts'
import type { Clip } from './clip.ts'

const facts: VideoFacts = {
  width: 640,
  height: 360,
  durationMs: 10_000,
  frames: 300,
  fps: 30,
  codec: 'avc',
  startMs: 0,
}
const plan = (over: Partial<VideoPlan> = {}): VideoPlan => ({
  sample: { range: null, wishedFps: 2, fps: 2, indices: [0, 15], timesMs: [0, 500], width: 112, height: 56 },
  tokens: 80,
  room: 4000,
  fits: true,
  encodeMs: null,
  key: null,
  missing: [],
  proposal: null,
  ...over,
})
const key = 'a'.repeat(64)
const opened: Clip = { ...openingClip('blob:x'), facts, codec: 'H.264' }
const read: Clip = { ...opened, plan: plan(), frames: { key, total: 2, missing: [] } }

test('Send waits for a video through all that has to be done, and says what', () => {
  expect(clipWaits(openingClip('blob:x'), false)).toBe('Opening the video…')
  expect(clipWaits(opened, false)).toBe('Storing the video…')
  expect(clipWaits(opened, true)).toBe('Choosing the frames…')
  expect(clipWaits({ ...opened, plan: plan(), frames: { key, total: 12, missing: [3, 4] } }, true)).toBe(
    'Reading frame 11 of 12…',
  )
  expect(clipWaits(read, true)).toBeNull()
})

test('a video that does not fit, or was not read, says what to do', () => {
  const proposal = { fps: 1, budget: { minPixels: 784, maxPixels: 7840 }, frames: 4, tokens: 40 }
  expect(clipWaits({ ...opened, plan: plan({ fits: false, tokens: 9000, proposal }) }, true)).toBe(
    'The video needs 9,000 tokens; 4,000 are free. Open it to take fewer frames.',
  )
  expect(clipWaits({ ...opened, plan: plan({ fits: false, tokens: 9000 }) }, true)).toContain(
    'Trim it or start a new conversation.',
  )
  expect(clipWaits({ ...read, frames: { key, total: 2, missing: [1] }, error: 'Damaged.' }, true)).toContain(
    'Open it to see why',
  )
})

test('it is sent by the name of its frames once all of them are there, not before', () => {
  expect(clipPart(read, 'x.mp4')).toEqual({ type: 'video', key, name: 'x.mp4' })
  expect(clipPart({ ...read, frames: { key, total: 2, missing: [1] } }, 'x.mp4')).toBeNull()
  expect(clipPart(opened, 'x.mp4')).toBeNull()
})

test('another wish makes what was read no longer count, and keeps the plan until the next one', () => {
  const changed = withWish({ ...read, error: 'Damaged.' }, { range: { startMs: 1000, endMs: 3000 } })
  expect(clipPart(changed, 'x.mp4')).toBeNull()
  expect(changed).toMatchObject({ frames: null, error: null, plan: { tokens: 80 } })
  expect(clipDuration(changed)).toBe(2000)
  expect(clipTokens(changed)).toBe(80)
})

test('how far it is read is told while it is being read alone', () => {
  expect(clipShare({ ...opened, frames: { key, total: 4, missing: [3] } })).toBe(0.75)
  expect(clipShare(read)).toBeNull()
  expect(clipShare({ ...opened, frames: { key, total: 4, missing: [3] }, error: 'Stopped.' })).toBeNull()
})

test('pictures as frames are sent in their order, at the frames per second that were chosen', () => {
  const picture = (sha: string) => ({
    key: sha,
    name: sha,
    preview: '',
    attachment: { sha: sha.padEnd(64, '0'), kind: 'image' } as Attachment,
  })
  const clip = withWish(clipOfPictures([picture('b'), picture('a')]), {
    fps: 4,
    budget: { minPixels: 784, maxPixels: 7840 },
  })
  expect(clipPart(clip, '2 frames')).toEqual({
    type: 'frames',
    name: '2 frames',
    pictures: ['b'.padEnd(64, '0'), 'a'.padEnd(64, '0')],
    fps: 4,
    budget: { minPixels: 784, maxPixels: 7840 },
  })
  expect(clipDuration(clip)).toBe(500)
  expect(clipWaits(clip, false)).toBeNull()
})

test('a level of detail is known again by its budget', () => {
  for (const family of ['qwen2vl', 'qwen3vl', null] as const)
    for (const { value } of clipDetails) expect(clipDetailOf(clipBudget(value, family))).toBe(value)
  expect(clipDetailOf({ minPixels: 784, maxPixels: 9999 })).toBe('custom')
})
