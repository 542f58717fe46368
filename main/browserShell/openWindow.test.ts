import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findBrowsers, hasDisplay, openWindow } from './openWindow.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'window-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program that stands for a browser. */
function browser(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, name), 0o755)
}
const env = () => ({ PATH: folder, DISPLAY: ':0' })
const open = () => openWindow('http://127.0.0.1:1/?token=x', join(folder, 'profile'), { env: env(), settleMs: 400 })

describe('hasDisplay', () => {
  test('on Linux a display must be there, elsewhere it is', () => {
    expect(hasDisplay('linux', {})).toBe(false)
    expect(hasDisplay('linux', { DISPLAY: ':0' })).toBe(true)
    expect(hasDisplay('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toBe(true)
    expect(hasDisplay('darwin', {})).toBe(true)
    expect(hasDisplay('win32', {})).toBe(true)
  })
})

describe.runIf(process.platform === 'linux')('openWindow', () => {
  test('no display or no browser: false', async () => {
    browser('chromium', 'exit 0')
    expect(await openWindow('http://127.0.0.1:1/', folder, { env: { PATH: folder } })).toBe(false)
    rmSync(join(folder, 'chromium'))
    expect(await open()).toBe(false)
  })

  test('only what can be run in absolute folders counts', () => {
    writeFileSync(join(folder, 'chromium'), '')
    browser('microsoft-edge', '')
    expect(findBrowsers('linux', { PATH: `.:relative:${folder}` })).toEqual([join(folder, 'microsoft-edge')])
  })

  test('a browser that fails is passed over; the window has its own profile and no weakening flags', async () => {
    browser('chromium', 'exit 1')
    browser('google-chrome', `printf '%s\\n' "$@" > ${folder}/args; exec /bin/sleep 60`)
    const window = await open()
    if (!window) return expect.fail('no window')
    const args = readFileSync(join(folder, 'args'), 'utf8').trim().split('\n')
    expect(args).toContain('--app=http://127.0.0.1:1/?token=x')
    expect(args).toContain(`--user-data-dir=${join(folder, 'profile')}`)
    expect(args.join(' ')).not.toMatch(/no-sandbox|disable-web-security|remote-debugging|allow-/)
    window.close()
    await window.closed
  })

  test('every browser failing: false', async () => {
    browser('chromium', 'exit 1')
    browser('brave-browser', `/usr/bin/touch ${folder}/tried; exit 3`)
    expect(await open()).toBe(false)
    expect(existsSync(join(folder, 'tried'))).toBe(true)
  })
})
