import { beforeEach, expect, test, vi } from 'vitest'
import { guardContents, offerInBrowser } from './guards.ts'

const electron = vi.hoisted(() => ({
  dialog: { showMessageBox: vi.fn(async () => ({ response: 1 })) },
  shell: { openExternal: vi.fn(async () => {}) },
}))
vi.mock('electron', () => electron)

type Listener = (event: { url: string; preventDefault: () => void }) => void

/** Contents that remember who listens. */
function guarded(): { prevented: (event: string, url: string) => boolean; open: (url: string) => { action: string } } {
  const listeners = new Map<string, Listener>()
  let open: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })
  const contents = {
    on: (event: string, listener: Listener) => void listeners.set(event, listener),
    setWindowOpenHandler: (handler: typeof open) => void (open = handler),
  }
  guardContents(contents as never, () => null)
  return {
    prevented: (event, url) => {
      let prevented = false
      listeners.get(event)?.({ url, preventDefault: () => (prevented = true) })
      return prevented
    },
    open: (url) => open({ url }),
  }
}

beforeEach(() => {
  vi.clearAllMocks()
})

test('only the own page is navigated to, in every frame and after every redirect', () => {
  const { prevented } = guarded()
  for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
    expect(prevented(event, 'app://sightline/#/c/1'), event).toBe(false)
    for (const url of [
      'https://example.com/',
      'app://attachment/x',
      'app://sightline.evil/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'about:blank',
      'nonsense',
    ]) {
      expect(prevented(event, url), `${event} ${url}`).toBe(true)
    }
  }
  expect(prevented('will-attach-webview', '')).toBe(true)
})

test('every new window is denied', () => {
  const { open } = guarded()
  for (const url of ['app://sightline/', 'https://example.com/', 'about:blank'])
    expect(open(url)).toEqual({ action: 'deny' })
})

test('only web addresses are offered, and opened only after a yes', async () => {
  for (const address of [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'ms-msdt:/id',
    'smb://server/share',
    'app://sightline/',
    'nonsense',
  ])
    await offerInBrowser(address, null)
  expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
  await offerInBrowser('https://example.com/?a=1', null)
  expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce()
  expect(electron.shell.openExternal).not.toHaveBeenCalled()
  electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 0 })
  await offerInBrowser('https://example.com/?a=1', null)
  expect(electron.shell.openExternal).toHaveBeenCalledExactlyOnceWith('https://example.com/?a=1')
})
