import { expect, test, vi } from 'vitest'
import { denyPermissions } from './permissions.ts'

vi.mock('electron', () => ({}))

/** A request of the page itself. */
const own = { isMainFrame: true, requestingUrl: 'app://sightline/' }

function handled(permits: Parameters<typeof denyPermissions>[1]) {
  const handlers: Record<string, (...args: never[]) => unknown> = {}
  denyPermissions(
    {
      setPermissionRequestHandler: (handler) => void (handlers['request'] = handler as never),
      setPermissionCheckHandler: (handler) => void (handlers['check'] = handler as never),
      setDevicePermissionHandler: (handler) => void (handlers['device'] = handler as never),
    },
    permits,
  )
  const requested = (permission: string, details: object = own) =>
    new Promise((answer) => handlers['request']?.(...([null, permission, answer, details] as never[])))
  const checked = (permission: string) => handlers['check']?.(...([null, permission, 'app://sightline', {}] as never[]))
  return { requested, checked, devices: () => handlers['device']?.() }
}

test('every permission and device is denied, but for copying text', async () => {
  const { requested, checked, devices } = handled({ has: async () => false, take: async () => null })
  for (const permission of [
    'media',
    'geolocation',
    'notifications',
    'clipboard-read',
    'openExternal',
    'fileSystem',
    'display-capture',
    'unknown',
  ]) {
    expect(await requested(permission), permission).toBe(false)
    expect(checked(permission), permission).toBe(false)
  }
  expect(await requested('clipboard-sanitized-write')).toBe(true)
  expect(checked('clipboard-sanitized-write')).toBe(true)
  expect(devices()).toBe(false)
})

test('what the core has permitted is given to the own page once, and never sound', async () => {
  const held = ['camera', 'screen']
  const { requested, checked } = handled({
    has: async (what) => held.includes(what),
    take: async (what) =>
      held.includes(what) ? { what: held.splice(held.indexOf(what), 1)[0] as typeof what, sourceId: null } : null,
  })

  expect(await requested('media', { ...own, mediaTypes: ['video', 'audio'] })).toBe(false)
  expect(await requested('media', { ...own, mediaTypes: ['audio'] })).toBe(false)
  expect(await requested('media', { ...own, isMainFrame: false, mediaTypes: ['video'] })).toBe(false)
  expect(await requested('media', { ...own, requestingUrl: 'app://attachment/', mediaTypes: ['video'] })).toBe(false)
  expect(await requested('display-capture', { ...own, requestingUrl: 'https://evil.test/' })).toBe(false)
  expect([
    await requested('media', { ...own, mediaTypes: ['video'] }),
    await requested('media', { ...own, mediaTypes: ['video'] }),
  ]).toEqual([true, false])
  expect(await requested('display-capture', own)).toBe(true)
  expect(checked('media')).toBe(false)
})

test('while there is no core nothing is permitted', async () => {
  const gone = async () => Promise.reject(new Error('The core has ended.'))
  const { requested } = handled({ has: gone, take: gone })
  expect(await requested('display-capture')).toBe(false)
  expect(await requested('media', { ...own, mediaTypes: ['video'] })).toBe(false)
})
