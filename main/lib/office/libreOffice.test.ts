import { existsSync, readFileSync, readdirSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { printToPdf } from './libreOffice.ts'
import { fakeOffice } from './testing/fakeOffice.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
  vi.stubEnv('TMPDIR', folder.path)
})
afterEach(() => {
  vi.unstubAllEnvs()
  folder.remove()
})

const target = () => join(folder.path, 'out.pdf')
function letter(): string {
  const path = join(folder.path, 'upload')
  writeFileSync(path, 'PK the letter')
  return path
}
const print = (signal?: AbortSignal, name = 'letter.docx', kind: 'office' | 'html' = 'office') =>
  printToPdf({ path: letter(), name, kind }, target(), signal)
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const left = () => readdirSync(tmpdir()).filter((name) => name.includes('-office-'))

/** Whether a process still runs; one that has ended and that nobody has asked for does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^\d+ \(.*\) Z/.test(existsSync('/proc') ? readFileSync(`/proc/${pid}/stat`, 'latin1') : '')
  } catch {
    return false
  }
}

test.each([
  ['letter.docx', 'office', /is a document of an office program.* export it to a PDF/],
  ['page.html', 'html', /is a web page.* open it in a browser, print it to a PDF/],
] as const)('without LibreOffice it is said what to do: %s', async (name, kind, words) => {
  vi.stubEnv('PATH', folder.path)
  expect(await failure(print(undefined, name, kind))).toMatchObject({
    code: 'UnsupportedMedia',
    message: expect.stringMatching(words) as string,
  })
  expect(left()).toEqual([])
})

describe.skipIf(process.platform === 'win32')('with LibreOffice', () => {
  test('a PDF is made, in a profile that runs no macro and asks nobody on the network', async () => {
    const office = fakeOffice(folder.path, Buffer.from('%PDF-1.7 made'))
    vi.stubEnv('PATH', office.path)
    await print()
    expect(readFileSync(target(), 'latin1')).toBe('%PDF-1.7 made')
    const [call] = office.calls()
    expect(call).toEqual(expect.arrayContaining(['--headless', '--convert-to', 'pdf']))
    expect(call!.at(-1)).toMatch(/\/document\.docx$/)
    for (const name of ['DisableMacrosExecution', 'BlockUntrustedRefererLinks'])
      expect(office.settings()).toMatch(
        new RegExp(`Office.Common/Security/Scripting"><prop oor:name="${name}".*<value>true<`),
      )
    expect(office.settings()).toContain('<prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9<')
    expect(left()).toEqual([])
  })

  test('a web page without an ending gets one', async () => {
    const office = fakeOffice(folder.path, Buffer.from('%PDF-1.7'))
    vi.stubEnv('PATH', office.path)
    await print(undefined, 'page', 'html')
    expect(office.calls()[0]!.at(-1)).toMatch(/\/document\.html$/)
  })

  test('what it makes nothing of is refused by its name', async () => {
    vi.stubEnv('PATH', fakeOffice(folder.path, null).path)
    expect(await failure(print())).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/^LibreOffice could not make a PDF of letter\.docx\./) as string,
    })
    expect(existsSync(target())).toBe(false)
    expect(left()).toEqual([])
  })

  test('it ends, with what it started, when nobody wants it any more', async () => {
    vi.stubEnv('PATH', fakeOffice(folder.path, null, { waits: true }).path)
    const started = new Promise<void>((resolve) => {
      const watcher = watch(join(folder.path, 'office'), (_, name) => {
        if (name !== 'child' || readFileSync(join(folder.path, 'office', 'child'), 'utf8') === '') return
        watcher.close()
        resolve()
      })
    })
    const abort = new AbortController()
    const printing = failure(print(abort.signal))
    await started
    const child = Number(readFileSync(join(folder.path, 'office', 'child'), 'utf8'))
    expect(isRunning(child)).toBe(true)
    abort.abort()
    expect(await printing).toMatchObject({ code: 'Interrupted' })
    await vi.waitFor(() => expect(isRunning(child)).toBe(false))
    expect(left()).toEqual([])
  })
})
