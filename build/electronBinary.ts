import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root, userCache } from './paths.ts'

/** How long a download may stand still, in ms. */
const PATIENCE_MS = 20_000
/** How long a failed download is not repeated unless asked, in ms. */
const PAUSE_MS = 24 * 60 * 60 * 1000

const electronFolder = join(root, 'node_modules', 'electron')
const attemptFile = join(userCache(), 'electron-download.json')

/** The path of Electron's program, or null when its binary is not on this computer. */
export function findElectron(folder: string = electronFolder, env: NodeJS.ProcessEnv = process.env): string | null {
  const pathFile = join(folder, 'path.txt')
  const override = env['ELECTRON_OVERRIDE_DIST_PATH']
  if (!override && !existsSync(pathFile)) return null
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : 'electron'
  const program = join(override ?? join(folder, 'dist'), name)
  return existsSync(program) ? program : null
}

/** When the last download failed, in ms since 1970, if that was less than a day ago. */
export function failedLately(now: number, file: string = attemptFile): number | null {
  try {
    const { failedAt } = JSON.parse(readFileSync(file, 'utf8')) as { failedAt: unknown }
    return typeof failedAt === 'number' && failedAt <= now && now - failedAt < PAUSE_MS ? failedAt : null
  } catch {
    return null
  }
}

/**
 * Downloads Electron's binary with the package's own installer. Gives up when nothing arrives for 20 seconds, and
 * remembers that. Returns the program, or null.
 */
export async function fetchElectron(say: (line: string) => void): Promise<string | null> {
  say("Fetching Electron's runtime (about 110 MB, once) ...")
  const temporary = mkdtempSync(join(tmpdir(), 'sightline-electron-'))
  const done = await runInstaller(temporary)
  rmSync(temporary, { recursive: true, force: true })
  const program = done ? findElectron() : null
  remember(program === null)
  return program
}

/** Runs the installer with a temporary folder of its own, whose growth is its progress; true when it succeeded. */
function runInstaller(temporary: string): Promise<boolean> {
  const env = { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary }
  const child = spawn(process.execPath, [join(electronFolder, 'install.js')], { env, stdio: 'ignore' })
  let size = 0
  let since = Date.now()
  const watch = setInterval(() => {
    const now = folderBytes(temporary) + folderBytes(join(electronFolder, 'dist'))
    if (now !== size) since = Date.now()
    size = now
    if (Date.now() - since > PATIENCE_MS) child.kill('SIGKILL')
  }, 500)
  return new Promise((resolve) => {
    const end = (success: boolean) => {
      clearInterval(watch)
      resolve(success)
    }
    child.once('error', () => end(false))
    child.once('exit', (code) => end(code === 0))
  })
}

function folderBytes(folder: string): number {
  return globSync('**/*', { cwd: folder }).reduce(
    (sum, file) => sum + (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0),
    0,
  )
}

function remember(failed: boolean): void {
  rmSync(attemptFile, { force: true })
  if (!failed) return
  mkdirSync(dirname(attemptFile), { recursive: true })
  writeFileSync(attemptFile, JSON.stringify({ failedAt: Date.now() }))
}
