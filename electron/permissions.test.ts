import { expect, test } from 'vitest'
import { denyPermissions } from './permissions.ts'

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
  const requested = (permission: string, details: object = own) => {
    const answers: boolean[] = []
    handlers['request']?.(...([null, permission, (granted: boolean) => answers.push(granted), details] as never[]))
    return answers
  }
  const checked = (permission: string) => handlers['check']?.(...([null, permission, 'app://sightline', {}] as never[]))
  return { requested, checked, devices: () => handlers['device']?.() }
}

test('every permission and device is denied, but for copying text', () => {
  const { requested, checked, devices } = handled({ has: () => false, take: () => null })
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
    expect(requested(permission), permission).toEqual([false])
    expect(checked(permission), permission).toBe(false)
  }
  expect(requested('clipboard-sanitized-write')).toEqual([true])
  expect(checked('clipboard-sanitized-write')).toBe(true)
  expect(devices()).toBe(false)
})

test('what the core has permitted is given to the own page once, and never sound', () => {
  const held = ['camera', 'screen']
  const { requested, checked } = handled({
    has: (what) => held.includes(what),
    take: (what) =>
      held.includes(what) ? { what: held.splice(held.indexOf(what), 1)[0] as typeof what, sourceId: null } : null,
  })

  expect(requested('media', { ...own, mediaTypes: ['video', 'audio'] })).toEqual([false])
  expect(requested('media', { ...own, mediaTypes: ['audio'] })).toEqual([false])
  expect(requested('media', { ...own, isMainFrame: false, mediaTypes: ['video'] })).toEqual([false])
  expect(requested('media', { ...own, requestingUrl: 'app://attachment/', mediaTypes: ['video'] })).toEqual([false])
  expect(requested('display-capture', { ...own, requestingUrl: 'https://evil.test/' })).toEqual([false])
  expect([
    requested('media', { ...own, mediaTypes: ['video'] }),
    requested('media', { ...own, mediaTypes: ['video'] }),
  ]).toEqual([[true], [false]])
  expect(requested('display-capture', own)).toEqual([true])
  expect(checked('media')).toBe(false)
})
