import { beforeEach, expect, test, vi } from 'vitest'
import type { DownloadProgress } from '../main/app.ts'
import { createProgressBar } from './tray.ts'

type SetProgressBar = (value: number, options: { mode: string }) => void
const { windows } = vi.hoisted(() => ({ windows: [{ setProgressBar: vi.fn<SetProgressBar>() }] }))
vi.mock('electron', () => ({ BrowserWindow: { getAllWindows: () => windows } }))

const idle: DownloadProgress = { share: null, active: 0, failed: 0, stalled: false }
const running: DownloadProgress = { share: 0.4, active: 1, failed: 0, stalled: false }

/** What the window was told of each progress in turn. */
function shown(platform: NodeJS.Platform, ...course: DownloadProgress[]): unknown[] {
  const show = createProgressBar(platform)
  for (const progress of course) show(progress)
  return windows[0]!.setProgressBar.mock.calls.map(([value, options]) => `${value} ${options.mode}`)
}
beforeEach(() => void vi.clearAllMocks())

test('the bar follows the bytes and goes away at the end', () => {
  expect(shown('linux', idle, { ...running, share: 0 }, running, idle)).toEqual([
    '-1 none',
    '0 normal',
    '0.4 normal',
    '-1 none',
  ])
})

test('it says where nothing arrives', () => {
  expect(shown('win32', { ...running, stalled: true }, running)).toEqual(['0.4 paused', '0.4 normal'])
})

test('a failure is shown until somebody resumes or removes the download, on Windows also when nothing runs', () => {
  const course = [running, { ...running, active: 2, failed: 1 }, { ...idle, failed: 1 }, running]
  expect(shown('win32', ...course)).toEqual(['0.4 normal', '0.4 error', '1 error', '0.4 normal'])
  vi.clearAllMocks()
  expect(shown('darwin', ...course)).toEqual(['0.4 normal', '0.4 error', '-1 none', '0.4 normal'])
})

test('what had failed before the start is no news; the next failure is', () => {
  const before = { ...idle, failed: 1 }
  expect(shown('win32', before, { ...running, failed: 1 }, { ...idle, failed: 2 })).toEqual([
    '-1 none',
    '0.4 normal',
    '1 error',
  ])
  vi.clearAllMocks()
  expect(shown('win32', before, idle, before)).toEqual(['-1 none', '-1 none', '1 error'])
})
