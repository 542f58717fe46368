import { expect, test } from 'vitest'
import { denyPermissions } from './permissions.ts'

test('every permission and device is denied, but for copying text', () => {
  const handlers: Record<string, (...args: never[]) => unknown> = {}
  denyPermissions({
    setPermissionRequestHandler: (handler) => void (handlers['request'] = handler as never),
    setPermissionCheckHandler: (handler) => void (handlers['check'] = handler as never),
    setDevicePermissionHandler: (handler) => void (handlers['device'] = handler as never),
  })
  const requested = (permission: string) => {
    const answers: boolean[] = []
    handlers['request']?.(...([null, permission, (granted: boolean) => answers.push(granted), {}] as never[]))
    return answers
  }
  const checked = (permission: string) => handlers['check']?.(...([null, permission, 'app://sightline', {}] as never[]))
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal', 'fileSystem', 'display-capture', 'unknown']) {
    expect(requested(permission), permission).toEqual([false])
    expect(checked(permission), permission).toBe(false)
  }
  expect(requested('clipboard-sanitized-write')).toEqual([true])
  expect(checked('clipboard-sanitized-write')).toBe(true)
  expect(handlers['device']?.()).toBe(false)
})
