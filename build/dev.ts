import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { build } from 'vite'
import { dist, root } from './paths.ts'
import { rendererConfig } from './targets.ts'

/** Starts the core as the browser shell does; resolves with the address that lets a browser in. */
function startCore(port: number): Promise<{ core: ChildProcess; address: string }> {
  const core = spawn(process.execPath, ['main/cli.ts', 'serve', '--no-open', '--port', String(port)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    core.once('exit', (code) => reject(new Error(`The core ended with code ${code}.`)))
    createInterface(core.stdout).on('line', (line) => {
      const address = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(line)?.[0]
      if (address) resolve({ core, address })
    })
  })
}

/** `npm run dev`: the core restarts and the window is built again whenever its sources change. */
async function dev(): Promise<void> {
  let { core, address } = await startCore(0)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      core.kill('SIGTERM')
      process.exit()
    })
  }
  const port = Number(new URL(address).port)
  console.log(address)
  await build({
    ...rendererConfig,
    build: { ...rendererConfig.build, outDir: join(dist, 'renderer'), watch: {}, minify: false, sourcemap: true },
  })
  let restarting: Promise<void> = Promise.resolve()
  const restart = async () => {
    const ended = new Promise((resolve) => core.once('exit', resolve))
    core.kill('SIGTERM')
    await ended
    ;({ core, address } = await startCore(port))
    console.log(address)
  }
  let pending = false
  watch(join(root, 'main'), { recursive: true }, (_event, file) => {
    if (pending || !file?.endsWith('.ts') || file.endsWith('.test.ts')) return
    pending = true
    setTimeout(() => {
      pending = false
      restarting = restarting.then(restart).catch((error: unknown) => console.error(error))
    }, 200)
  })
}

await dev()
