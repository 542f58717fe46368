import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { copyFile, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AppError, say } from '#contract'
import { placeFile, temporaryFolder } from '../files/files.ts'
import { refusedKind } from '../picture/refusals.ts'

/** What LibreOffice makes a PDF of, as `sniff` names it. */
export type OfficeKind = 'office' | 'html'

/** How long LibreOffice may take for one file, its start included, in ms. */
const DEADLINE = 120_000
/** Where it is found: by its name on the PATH, or where its installers put it. */
const programs: readonly string[] =
  process.platform === 'win32'
    ? ['soffice.com', `${process.env['ProgramFiles'] ?? 'C:\\Program Files'}\\LibreOffice\\program\\soffice.com`]
    : process.platform === 'darwin'
      ? ['soffice', '/Applications/LibreOffice.app/Contents/MacOS/soffice']
      : ['soffice', 'libreoffice']

/**
 * What it is told before it opens a file: no macro runs, no link is followed, and its proxy is a port of this computer on which
 * nothing listens, so that pictures that a page names on the web are asked of nobody.
 */
const settings: readonly (readonly [path: string, name: string, value: string])[] = [
  ['Office.Common/Security/Scripting', 'DisableMacrosExecution', 'true'],
  ['Office.Common/Security/Scripting', 'MacroSecurityLevel', '3'],
  ['Office.Common/Security/Scripting', 'BlockUntrustedRefererLinks', 'true'],
  ['Office.Common/Security/Scripting', 'DisableActiveContent', 'true'],
  ['Office.Writer/Content/Update', 'Link', '0'],
  ['Office.Calc/Content/Update', 'Link', '2'],
  ['Inet/Settings', 'ooInetProxyType', '2'],
  ['Inet/Settings', 'ooInetHTTPProxyName', '127.0.0.1'],
  ['Inet/Settings', 'ooInetHTTPProxyPort', '9'],
  ['Inet/Settings', 'ooInetHTTPSProxyName', '127.0.0.1'],
  ['Inet/Settings', 'ooInetHTTPSProxyPort', '9'],
]

/**
 * Makes a PDF of the document at `path` at `target` with the LibreOffice of this computer, in a profile of its own.
 * @throws AppError UnsupportedMedia, which says what to do, without LibreOffice or where it cannot read the file; Interrupted
 * when `signal` aborts; StorageFailed.
 */
export async function printToPdf(
  { path, name, kind }: { readonly path: string; readonly name: string; readonly kind: OfficeKind },
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  const folder = await temporaryFolder('office')
  try {
    const profile = join(folder, 'profile')
    await mkdir(join(profile, 'user'), { recursive: true })
    await writeFile(join(profile, 'user', 'registrymodifications.xcu'), registry())
    // the ending tells it apart from kinds that begin alike
    const ending = /^\.[a-z0-9]{1,8}$/i.exec(extname(name))?.[0] ?? (kind === 'html' ? '.html' : '')
    const document = join(folder, `document${ending}`)
    await copyFile(path, document, constants.COPYFILE_FICLONE)
    const args = ['--headless', '--norestore', '--nologo', '--nodefault', '--nolockcheck', '--convert-to', 'pdf']
    const places = [`-env:UserInstallation=${pathToFileURL(profile).href}`, '--outdir', join(folder, 'made'), document]
    if (!(await run([...args, ...places], signal))) throw refusedKind(kind, name)
    signal?.throwIfAborted()
    const made = join(folder, 'made', 'document.pdf')
    // it ends without an error whatever came of it
    if (!(await stat(made).catch(() => null))?.size) throw notMade(name)
    await placeFile(made, target)
  } catch (error) {
    if (signal?.aborted)
      throw new AppError('Interrupted', say`Reading ${name} was stopped.`, undefined, { cause: error })
    if (error instanceof AppError) throw error
    const what = `${name} could not be made a PDF: there is no room for it. Check that the disk has room and add it again.`
    throw new AppError('StorageFailed', what, undefined, { cause: error })
  } finally {
    // what it leaves running for a moment may still write there
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** Whether it is there and was run. Ends with it; it is ended when it takes too long. */
async function run(args: readonly string[], signal: AbortSignal | undefined): Promise<boolean> {
  for (const program of programs) {
    const child = spawn(program, args, { stdio: 'ignore', windowsHide: true, detached: process.platform !== 'win32' })
    const end = () => endWithChildren(child)
    const deadline = setTimeout(end, DEADLINE)
    signal?.addEventListener('abort', end)
    const isThere = await new Promise<boolean>((resolve, reject) => {
      child.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' || error.code === 'EACCES' ? resolve(false) : reject(error),
      )
      child.once('close', () => resolve(true))
    }).finally(() => {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', end)
    })
    if (isThere) return true
  }
  return false
}

/** The program is a script that starts another one: both are ended. */
function endWithChildren(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill()
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}

function registry(): string {
  const items = settings.map(
    ([path, name, value]) =>
      `<item oor:path="/org.openoffice.${path}"><prop oor:name="${name}" oor:op="fuse"><value>${value}</value></prop></item>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
${items.join('\n')}
</oor:items>
`
}

const notMade = (name: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    say`LibreOffice could not make a PDF of ${name}. Print or export it to a PDF in the program that it is from, and add that.`,
  )
