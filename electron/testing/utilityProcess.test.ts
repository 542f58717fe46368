import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MessageChannelMain, utilityProcess } from './utilityProcess.ts'
import type { StandInPort } from './utilityProcess.ts'

/** What a port tells, in order. */
function heardBy(port: StandInPort): unknown[] {
  const heard: unknown[] = []
  port.on('message', ({ data }: { data: unknown }) => heard.push(data))
  port.on('close', () => heard.push('closed'))
  return heard
}
const settled = () => new Promise(setImmediate)

/** A utility process that runs `script`. */
function start(script: string) {
  const entry = join(mkdtempSync(join(tmpdir(), 'sightline-stand-in-')), 'entry.mjs')
  writeFileSync(entry, script)
  const child = utilityProcess.fork(entry)
  const on = (event: string) => new Promise<unknown>((resolve) => child.once(event, resolve))
  return { child, exit: on('exit'), message: on('message') }
}

test('what was said before a port closed still comes, its end comes after it, and sending then does nothing', async () => {
  const { port1, port2 } = new MessageChannelMain()
  const heard = heardBy(port2)
  port1.postMessage('last words')
  port1.close()
  port1.postMessage('too late')
  await settled()
  expect(heard, 'it was not started').toEqual([])
  port2.start()
  await settled()
  expect(heard).toEqual(['last words', 'closed'])
  port2.postMessage('to nobody')
  await settled()
})

test('a port that was handed on is one no more: closing it or sending over it does nothing', async () => {
  const { child, exit, message } = start(`process.parentPort.on('message', ({ ports: [port] }) => {
    port.on('message', ({ data }) => port.postMessage(data + ', heard'))
    port.start()
    process.parentPort.postMessage('ready')
  })`)
  const { port1, port2 } = new MessageChannelMain()
  const heard = heardBy(port2)
  port2.start()
  port2.postMessage('first')
  child.postMessage(null, [port1] as never)
  port1.close()
  port1.postMessage('not from here')
  expect(() => child.postMessage(null, [port1] as never)).toThrow('neutered')
  await message
  const answered = new Promise((resolve) => port2.once('message', resolve))
  await answered
  expect(heard).toEqual(['first, heard'])
  child.kill()
  await exit
  await settled()
  expect(heard, 'its end is the end of its process').toEqual(['first, heard', 'closed'])
  child.postMessage(null, [port2] as never)
})

test.skipIf(process.platform === 'win32')(
  'the end of a process is told with its code, or the signal that was it',
  async () => {
    const exiting = start('process.exit(7)')
    expect(await exiting.exit).toBe(7)
    const running = `process.parentPort.postMessage('up'); setInterval(() => {}, 1000)`
    const killed = start(running)
    await killed.message
    process.kill(killed.child.pid!, 'SIGKILL')
    expect(await killed.exit).toBe(9)
    const asked = start(running)
    await asked.message
    asked.child.kill()
    expect(await asked.exit, 'Electron calls that an orderly end').toBe(0)
    expect(asked.child.pid).toBeUndefined()
  },
)
