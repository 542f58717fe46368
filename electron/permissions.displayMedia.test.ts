import { beforeEach, expect, test, vi } from 'vitest'
import { handleDisplayMedia } from './permissions.ts'

const electron = vi.hoisted(() => ({
  desktopCapturer: { getSources: vi.fn(async () => [{ id: 'screen:0:0' }, { id: 'window:7:0' }]) },
  MessageChannelMain: class {},
}))
vi.mock('electron', () => electron)

type Handler = (request: object, answer: (streams: object | null) => void) => void
const frame = { origin: 'app://sightline', parent: null }
let held: { sourceId: string | null } | null
let ask: (request?: object) => Promise<object | null>

beforeEach(() => {
  held = null
  let handler: Handler = () => {}
  const permits = {
    has: async () => held !== null,
    take: async () => {
      const permit = held && { what: 'screen' as const, ...held }
      held = null
      return permit
    },
  }
  handleDisplayMedia({ setDisplayMediaRequestHandler: (given: unknown) => void (handler = given as Handler) }, permits)
  ask = (request = {}) =>
    new Promise((resolve) => handler({ frame, videoRequested: true, audioRequested: false, ...request }, resolve))
})

test('without a permit nothing is shown, and nothing of the screen is even asked for', async () => {
  expect(await ask()).toBeNull()
  expect(electron.desktopCapturer.getSources).not.toHaveBeenCalled()
})

test('a permit shows the one source that it names, once', async () => {
  held = { sourceId: 'window:7:0' }
  expect(await ask()).toEqual({ video: { id: 'window:7:0' } })
  expect(await ask()).toBeNull()
  held = { sourceId: 'window:8:0' }
  expect(await ask()).toBeNull()
})

test('where the desktop asks its user, the answer is shown; none is none', async () => {
  held = { sourceId: null }
  expect(await ask()).toEqual({ video: { id: 'screen:0:0' } })
  held = { sourceId: null }
  electron.desktopCapturer.getSources.mockRejectedValueOnce(new Error('cancelled'))
  expect(await ask()).toBeNull()
})

test('other frames and sound are refused, and leave the permit', async () => {
  held = { sourceId: null }
  expect(await ask({ frame: { ...frame, origin: 'app://attachment' } })).toBeNull()
  expect(await ask({ frame: { ...frame, parent: {} } })).toBeNull()
  expect(await ask({ frame: null })).toBeNull()
  expect(await ask({ audioRequested: true })).toBeNull()
  expect(held).not.toBeNull()
})
