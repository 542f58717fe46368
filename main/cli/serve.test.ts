import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'

const folder = mkdtempSync(join(tmpdir(), 'serve-'))
const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const command = `import { serve } from ${JSON.stringify(new URL('./serve.ts', import.meta.url).href)}; process.exitCode = await serve(process.argv.slice(1))`

function serve(...argv: string[]) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', command, '--', ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' },
  })
  running.add(child)
  const ended = new Promise<number | null>((resolve) =>
    child.once('exit', (code) => {
      running.delete(child)
      resolve(code)
    }),
  )
  return { child, ended, errors: text(child.stderr), lines: createInterface(child.stdout)[Symbol.asyncIterator]() }
}

async function started(...argv: string[]) {
  const process = serve(...argv)
  const { value } = await process.lines.next()
  const url = /^Sightline is at (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+)$/.exec(String(value))?.[1]
  if (!url) throw new Error(`${value}\n${await process.errors}`)
  return { ...process, url }
}

describe('sightline serve', () => {
  test('serves the core over the address it prints and ends cleanly at SIGTERM', async () => {
    const { child, ended, url, errors } = await started('--no-open', '--data', join(folder, 'one'))
    const entry = await fetch(url, { redirect: 'manual' })
    expect(entry.status).toBe(303)
    const cookie = entry.headers.get('set-cookie')!.split(';')[0]!
    const { host, origin } = new URL(url)
    const socket = new WebSocket(`ws://${host}/rpc`, { headers: { cookie, origin } })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    const gone = new Promise((resolve) => socket.once('close', resolve))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    await gone
    expect(await errors).toBe('')
  })

  test('without a display it says to open the address', async () => {
    const { child, ended, lines } = await started('--data', join(folder, 'two'))
    expect((await lines.next()).value).toMatch(/Open this address in a browser/)
    child.kill('SIGINT')
    expect(await ended).toBe(0)
  })

  test('a data folder or port in use is one line and exit code 4', async () => {
    const data = join(folder, 'three')
    const first = await started('--no-open', '--data', data)
    const busyData = serve('--no-open', '--data', data)
    expect(await busyData.ended).toBe(4)
    expect(await busyData.errors).toMatch(/^Busy: [^\n]+\n$/)
    const { port } = new URL(first.url)
    const busyPort = serve('--no-open', '--data', join(folder, 'four'), '--port', port)
    expect(await busyPort.ended).toBe(4)
    expect(await busyPort.errors).toBe(
      `Busy: Port ${port} is in use by another program. Choose another with --port, or leave it out.\n`,
    )
    first.child.kill('SIGKILL')
    await first.ended
    const again = await started('--no-open', '--data', data)
    again.child.kill('SIGTERM')
    expect(await again.ended).toBe(0)
  })

  test('bad usage is exit code 2', async () => {
    for (const argv of [['--port', 'x'], ['--port', '70000'], ['--listen'], ['extra']]) {
      const { ended, errors } = serve(...argv)
      expect(await ended, argv.join(' ')).toBe(2)
      expect(await errors).toContain('sightline serve [options]')
    }
  })
})
