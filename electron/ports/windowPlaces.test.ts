import { expect, test, vi } from 'vitest'
import { readPlaces, readX11, windowPlaces } from './windowPlaces.ts'

const electron = vi.hoisted(() => ({
  screen: {} as { screenToDipPoint?: (point: { x: number; y: number }) => { x: number; y: number } },
}))
vi.mock('electron', () => electron)

const geometry = (x: number, y: number, width: number, height: number, state = 'IsViewable') => `
xwininfo: Window id: 0x600003 "Terminal"

  Absolute upper-left X:  ${x}
  Absolute upper-left Y:  ${y}
  Relative upper-left X:  1
  Width: ${width}
  Height: ${height}
  Depth: 24
  Map State: ${state}
  -geometry 80x24+9+29
`

test('an X11 window is taken with its frame and without the shadow that it draws', () => {
  expect(
    readX11(
      geometry(101, 130, 400, 300),
      '_NET_WM_PID = 42\n_NET_FRAME_EXTENTS = 1, 1, 30, 1\n_GTK_FRAME_EXTENTS:  not found.\n',
    ),
  ).toEqual({ pid: 42, x: 100, y: 100, width: 402, height: 331 })
  expect(
    readX11(
      geometry(-6, 14, 460, 372),
      '_NET_WM_PID:  not found.\n_NET_FRAME_EXTENTS:  not found.\n_GTK_FRAME_EXTENTS = 26, 26, 23, 29\n',
    ),
  ).toEqual({ pid: 0, x: 20, y: 37, width: 408, height: 320 })
  expect(readX11(geometry(0, 0, 10, 10, 'IsUnMapped'), '')).toBeNull()
  expect(readX11('xwininfo: error: No such window with id 0x1.', '')).toBeNull()
})

test('the window manager of X11 lists from the back; what it lists comes from the front', async () => {
  const run = vi.fn(async (program: string, args: readonly string[]) => {
    if (args.includes('-root')) return '_NET_CLIENT_LIST_STACKING: window id # 0x1400003, 0x600003\n'
    const isBack = args.includes('0x1400003')
    return program === 'xwininfo' ? geometry(isBack ? 0 : 50, 0, 100, 100) : `_NET_WM_PID = ${isBack ? 7 : 8}\n`
  })
  expect(await windowPlaces('linux', run)).toEqual([
    { x: 50, y: 0, width: 100, height: 100 },
    { x: 0, y: 0, width: 100, height: 100 },
  ])
})

test('a desktop with many windows has few processes at once, for the frontmost windows', async () => {
  const ids = Array.from({ length: 200 }, (_, n) => `0x${(n + 1).toString(16)}`)
  let running = 0
  let most = 0
  const asked = new Set<string>()
  const run = vi.fn(async (_program: string, args: readonly string[]) => {
    if (args.includes('-root')) return `_NET_CLIENT_LIST_STACKING: window id # ${ids.join(', ')}\n`
    asked.add(args[1]!)
    most = Math.max(most, ++running)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return `${geometry(0, 0, 100 + Number(args[1]), 100)}_NET_WM_PID = 7\n`
  })
  const places = await windowPlaces('linux', run)
  expect(most).toBeLessThanOrEqual(8)
  expect([...asked].sort()).toEqual(ids.slice(-64).sort())
  expect(places.map(({ width }) => width - 100).slice(0, 3), 'the frontmost first').toEqual([200, 199, 198])
})

test('other systems print a line for each window; its own windows and tiny ones are left out, pixels become those of the desktop', async () => {
  const lines = `12 0 0 800 600\r\n${process.pid} 0 0 1920 1080\r\n13 5 5 3 3\r\nnothing to see\r\n14 -300 40.5 200 100\r\n`
  expect(readPlaces(lines).map(({ pid }) => pid)).toEqual([12, process.pid, 13, 14])
  const places = [
    { x: 0, y: 0, width: 800, height: 600 },
    { x: -300, y: 41, width: 200, height: 100 },
  ]
  const run = vi.fn(async () => lines)
  expect(await windowPlaces('darwin', run)).toEqual(places)
  electron.screen.screenToDipPoint = ({ x, y }) => ({ x: x / 2, y: y / 2 })
  expect(await windowPlaces('win32', run)).toEqual([
    { x: 0, y: 0, width: 400, height: 300 },
    { x: -150, y: 21, width: 100, height: 50 },
  ])
  expect(await windowPlaces('darwin', run), 'macOS counts in points already').toEqual(places)
})

test('a system that does not tell has none', async () => {
  expect(await windowPlaces('linux', () => Promise.reject(new Error('spawn xprop ENOENT')))).toEqual([])
  expect(await windowPlaces('win32', async () => 'Add-Type : the policy forbids it')).toEqual([])
})
