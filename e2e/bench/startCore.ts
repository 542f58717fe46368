import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { root } from '../support/electronProgram.ts'

/** Starts the browser shell on a data folder; `from`: of another checkout of the project. */
export async function startCore(
  data: string,
  from = root,
): Promise<{ readonly pid: number; readonly address: string; end(): Promise<void> }> {
  const core = spawn(process.execPath, ['main/cli.ts', 'serve', '--port', '0', '--no-open', '--data', data], {
    cwd: from,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    core.once('exit', (code) => reject(new Error(`The app ended with code ${code} before it said its address.`)))
    createInterface(core.stdout).on('line', (line) => {
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0]
      if (found) resolve(found)
    })
  })
  const end = async (): Promise<void> => {
    const ended = once(core, 'exit')
    core.kill('SIGTERM')
    await ended
  }
  return { pid: core.pid ?? 0, address, end }
}
