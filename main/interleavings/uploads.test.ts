import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processMemory } from '../bench/processMemory.ts'
import { startShellProcess } from '../testing/shellProcess.ts'
import type { ShellProcess } from '../testing/shellProcess.ts'
import { tempFolder } from '../testing/tempFolder.ts'
import { firstMatching } from '../testing/until.ts'

const MB = 1024 ** 2
/** What an upload may add to the memory of the core's process, whatever its size. */
const MOST = 64 * MB
const facts = JSON.stringify({ width: 640, height: 360, durationMs: 60_000, frames: 1800, fps: 30, codec: 'avc' })

/** A file that begins as an MP4 does, with `bytes` bytes; made as it is read. */
function video(bytes: number): Readable {
  const head = Buffer.alloc(32)
  head.writeUInt32BE(32)
  head.write('ftypisom', 4, 'latin1')
  const chunk = Buffer.alloc(MB / 4, 7)
  function* chunks() {
    yield head
    for (let left = bytes - head.length; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
  }
  return Readable.from(chunks())
}

let folder: ReturnType<typeof tempFolder>
let shell: ShellProcess
beforeEach(async () => {
  folder = tempFolder()
  shell = await startShellProcess({ data: folder.path })
})
afterEach(async () => {
  await shell.end()
  folder.remove()
})

test('2 GB arrive while a window is answered, and the process of the core grows by less than 64 MB', async () => {
  const bytes = 2 * 1024 * MB
  const window = await shell.connect()
  const listed = () => firstMatching(window.conversations.watchList(), ({ type }) => type === 'snapshot')
  // what any upload brings with it, such as the process that reads media and a heap of the usual size, is no growth by its bytes
  await shell.upload({ name: 'small.mp4', facts }, video(256 * MB))
  await listed()
  const before = await processMemory(shell.pid)
  const uploading = shell.upload({ name: 'large.mp4', facts }, video(bytes))
  let isDone = false
  void uploading.finally(() => (isDone = true)).catch(() => {})
  let asked = 0
  for (; !isDone; asked++) await listed()
  expect(await uploading).toMatchObject({ status: 200, answer: { kind: 'video', bytes } })
  expect(asked).toBeGreaterThan(1)
  const { peak } = await processMemory(shell.pid)
  expect((peak - before.peak) / MB).toBeLessThan(MOST / MB)
})
