import type { MenuItemConstructorOptions } from 'electron'
import { expect, test, vi } from 'vitest'
import { appMenu } from './menu.ts'

const all = (items: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? all(item.submenu) : [])])
const menu = (platform: NodeJS.Platform, isDevelopment = false, newConversation = () => {}) =>
  all(appMenu({ platform, isDevelopment, newConversation }))
const roles = (items: MenuItemConstructorOptions[]) => items.flatMap(({ role }) => role ?? [])

test('every system finds what belongs into a menu', () => {
  const editing = ['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll']
  const everywhere = [...editing, 'resetZoom', 'zoomIn', 'zoomOut', 'togglefullscreen', 'minimize', 'close']
  const contains = (platform: NodeJS.Platform, names: string[]) =>
    expect(roles(menu(platform)), platform).toEqual(expect.arrayContaining(names))
  for (const platform of ['win32', 'darwin', 'linux'] as const) contains(platform, everywhere)
  for (const platform of ['win32', 'linux'] as const) contains(platform, ['about', 'quit'])
  // With about, hide and quit in it.
  expect(roles(menu('darwin'))).toContain('appMenu')
})

test('the developer tools are only there in development', () => {
  const tools = ['reload', 'forceReload', 'toggleDevTools'] as const
  for (const platform of ['win32', 'darwin', 'linux'] as const) {
    expect(roles(menu(platform, true)), platform).toEqual(expect.arrayContaining([...tools]))
    expect(
      roles(menu(platform)).filter((role) => tools.includes(role as never)),
      platform,
    ).toEqual([])
  }
})

test('a new conversation is begun from the menu', () => {
  const begin = vi.fn()
  const item = menu('linux', false, begin).find(({ label }) => label === 'New conversation')
  item?.click?.({} as never, undefined, {} as never)
  expect(begin).toHaveBeenCalledOnce()
})
