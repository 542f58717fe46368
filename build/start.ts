import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { hasDisplay } from '../main/browserShell/openWindow.ts'
import { buildAll } from './build.ts'
import { failedLately, fetchElectron, findElectron } from './electronBinary.ts'
import { root } from './paths.ts'

type Shell = 'electron' | 'browser'

/** Decides which shell opens; a line says why where it is not the desktop app. */
async function chooseShell(
  requested: Shell | undefined,
): Promise<{ electron: string } | { electron: null; why: string | null }> {
  if (requested === 'browser') return { electron: null, why: null }
  if (!hasDisplay(process.platform, process.env))
    return { electron: null, why: 'There is no display for the desktop app; starting the browser shell.' }
  const found = findElectron()
  if (found) return { electron: found }
  if (requested !== 'electron' && failedLately(Date.now()) !== null) {
    const why =
      "Electron's runtime could not be fetched today; starting the browser shell (npm start -- --shell=electron tries again)."
    return { electron: null, why }
  }
  const fetched = await fetchElectron(console.log)
  if (fetched) return { electron: fetched }
  return { electron: null, why: "Electron's runtime cannot be fetched on this machine; starting the browser shell." }
}

/** Runs a command in the foreground until it ends; a signal to this process reaches it. */
function run(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** `npm start [-- --shell=electron|browser] [options of the shell]`: builds what is needed and opens the app. */
async function start(): Promise<number> {
  const { values, tokens } = parseArgs({ options: { shell: { type: 'string' } }, strict: false, tokens: true })
  const shell = values['shell']
  if (shell !== undefined && shell !== 'electron' && shell !== 'browser') {
    console.error('--shell takes "electron" or "browser".')
    return 2
  }
  const ownIndexes = tokens.flatMap((token) =>
    token.kind === 'option' && token.name === 'shell'
      ? [token.index, ...(token.inlineValue ? [] : [token.index + 1])]
      : [],
  )
  const rest = process.argv.slice(2).filter((_arg, index) => !ownIndexes.includes(index))
  const chosen = await chooseShell(shell)
  if (chosen.electron === null && chosen.why) console.log(chosen.why)
  await buildAll({ only: (target) => chosen.electron !== null || target.name === 'window' })
  return chosen.electron !== null
    ? run(chosen.electron, [root, ...rest])
    : run(process.execPath, ['main/cli.ts', 'serve', ...rest])
}

process.exitCode = await start()
