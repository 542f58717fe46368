import type { VideoFacts, VideoPlan } from '#contract'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { useHost } from '../../../lib/host.ts'
import { upload } from '../../../lib/upload.ts'
import { fillFrames, openVideo, startSampling, timedSample } from '../../../lib/video/index.ts'
import { core } from '../../../testing/fakeRpc.ts'
import { clearPage } from '../../../testing/page.ts'
import { draftKey, draftOf } from '../draft.ts'
import { addVideo } from './clips.ts'

vi.mock('../../../lib/rpc.ts', async () => (await import('../../../testing/fakeRpc.ts')).rpc)
vi.mock('../../../lib/video/index.ts')
vi.mock('../../../lib/upload.ts')
vi.mock('../prepare.ts')

const facts: VideoFacts = { width: 64, height: 48, durationMs: 1000, frames: 30, fps: 30, codec: 'avc1', startMs: 0 }
const sample = { indices: [0, 29], width: 56, height: 56 }
const plan = { fits: true, sample } as unknown as VideoPlan
const sha = 'a'.repeat(64)

/** Plans that were asked for, in order; the test says when each is there. */
let plans: PromiseWithResolvers<VideoPlan>[]
let asked: () => void
/** Resolves once so many plans were asked for. */
const planned = async (count: number) => {
  while (plans.length < count) await new Promise<void>((resolve) => (asked = resolve))
}
const frames = () => (async function* () {})()

beforeEach(() => {
  plans = []
  asked = () => {}
  core['videos'] = {
    plan: () => {
      const made = Promise.withResolvers<VideoPlan>()
      plans.push(made)
      asked()
      return made.promise
    },
  }
  useHost.setState({ host: { attachments: 'app://attachment/' } as never })
  const known = { isDecodable: true, codecName: 'H.264' } as never
  vi.mocked(openVideo).mockResolvedValue({
    known,
    read: async () => ({ facts, times: new Float64Array() }),
    sample: frames,
    overview: () => expect.fail('Nobody looks around.'),
    close: () => {},
  })
  vi.mocked(upload).mockResolvedValue({ kind: 'video', sha, name: 'clip.mp4', bytes: 1, mime: 'video/mp4', ...facts })
  vi.mocked(fillFrames).mockResolvedValue('key')
  vi.mocked(startSampling).mockReturnValue(frames())
  vi.mocked(timedSample).mockImplementation(async (_video, planned) => planned)
})
afterEach(() => {
  clearPage()
  vi.clearAllMocks()
})

const file = new File(['x'], 'clip.mp4', { type: 'video/mp4' })
const begun = () => vi.mocked(fillFrames).mock.calls.at(-1)?.[5]

/** Adds the file, whose frames are planned before it is stored, and once more as `second` after that. */
async function addedAhead(second: VideoPlan): Promise<void> {
  const stored = Promise.withResolvers<Awaited<ReturnType<typeof upload>>>()
  const result = await upload({} as never, file)
  vi.mocked(upload).mockReturnValue(stored.promise)
  const added = addVideo(null, file)
  await planned(1)
  plans[0]?.resolve(plan)
  await vi.waitFor(() => expect(startSampling).toHaveBeenCalledOnce())
  stored.resolve(result)
  await planned(2)
  plans[1]?.resolve(second)
  await added
}

test('frames are decoded while the file is being stored, and reading goes on with them', async () => {
  let isEnded: boolean | undefined
  vi.mocked(fillFrames).mockImplementation(async () => {
    isEnded = vi.mocked(startSampling).mock.calls[0]?.[2].aborted
    return 'key'
  })
  await addedAhead(plan)
  expect(begun()).toBe(vi.mocked(startSampling).mock.results[0]?.value)
  expect(isEnded).toBe(false)
})

test('frames that were decoded for another plan are given up', async () => {
  await addedAhead({ ...plan, sample: { ...sample, indices: [0, 15, 29] } } as VideoPlan)
  expect(begun()).toBeUndefined()
  expect(vi.mocked(startSampling).mock.calls[0]?.[2].aborted).toBe(true)
})

test('a plan that comes once the frames are being read begins nothing beside that', async () => {
  const added = addVideo(null, file)
  await planned(2)
  plans[1]?.resolve(plan)
  await added
  expect(fillFrames).toHaveBeenCalledOnce()
  expect(begun()).toBeUndefined()
  plans[0]?.resolve(plan)
  await new Promise(setImmediate)
  expect(startSampling).not.toHaveBeenCalled()
  expect(draftOf(draftKey(null)).refusals).toEqual([])
})
