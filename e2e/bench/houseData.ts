import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { randomFillSync } from 'node:crypto'
import { startShellProcess } from '../../main/testing/shellProcess.ts'

export const MB = 1_000_000

/** A new data folder of a checkout, past the first run; `remove` deletes it. */
export function dataFolder(checkout: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  inCheckout(
    checkout,
    `const { choose } = await import('./e2e/support/fixtures.ts')
     choose(process.argv[1], { firstRunDone: true, engineIdleMinutes: null })`,
    path,
  )
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Words of a language of its own: `word(n)` is the same text in every run. */
export function word(n: number): string {
  const syllables = ['ka', 'lo', 'mi', 'ra', 'te', 'su', 'ven', 'dor', 'shi', 'plu']
  let text = ''
  for (let left = (n * 7919) % 10_000, i = 0; i < 4; i++, left = Math.floor(left / 10)) text += syllables[left % 10]
  return text
}

/**
 * Stores conversations with so many bytes of text: questions of some 300 bytes and answers of some 1,200, twenty turns
 * each.
 */
export const fillConversations = (checkout: string, data: string, bytes: number): Promise<void> =>
  storeConversations(
    checkout,
    data,
    `for (let left = ${bytes}; left > 0; )
       store.db.transaction(() => {
         let id = null
         for (let turn = 0; turn < 20 && left > 0; turn++) {
           const question = text(300), answer = text(1200)
           id = exchange(id, question, answer)
           left -= question.length + answer.length
         }
       })()`,
  )

/** Stores one conversation of so many messages, with headings, lists and tables in its answers. */
export const fillLongConversation = (checkout: string, data: string, messages: number): Promise<void> =>
  storeConversations(
    checkout,
    data,
    `store.db.transaction(() => {
       let id = null
       for (let written = 0; written < ${messages}; written += 2)
         id = exchange(id, text(100), '## ' + text(30) + '\\n\\n- one\\n- **two**\\n\\n' + text(1200) + '\\n\\n| a | b |\\n| - | - |\\n| 1 | 2 |')
     })()`,
  )

/**
 * Stores conversations by the checkout's own code; `script` does it with `text(length)` and
 * `exchange(conversationId, question, answer)`. Then opens and ends the shell once, so that what a first start does is over.
 */
export async function storeConversations(checkout: string, data: string, script: string): Promise<void> {
  inCheckout(
    checkout,
    `const { openStore } = await import('./main/lib/database/index.ts')
     const { createConversations } = await import('./main/services/conversations/index.ts')
     const word = ${word.toString()}
     const store = openStore(process.argv[1])
     store.db.pragma('synchronous = OFF')
     const conversations = createConversations(store.db)
     let n = 0
     const text = (length) => { let all = ''; while (all.length < length) all += word(Math.floor(n++ ** 1.3)) + (n % 12 ? ' ' : '. '); return all }
     const exchange = (conversationId, question, answer) => {
       const sent = conversations.ask({ conversationId, parts: [{ type: 'text', text: question }], model: 'Bench' })
       conversations.append(sent.answerId, answer)
       conversations.finish(sent.answerId, { status: 'complete' })
       return sent.conversationId
     }
     ${script}
     store.close()`,
    data,
  )
  const shell = await startShellProcess({ checkout, data })
  const client = await shell.connect()
  for await (const event of await client.conversations.watchList()) {
    void event
    break
  }
  await shell.end()
}

/** What the database of a data folder takes on the disk, its log included. */
export const databaseBytes = (data: string): number =>
  readdirSync(data)
    .filter((name) => /\.db(-wal|-shm)?$/.test(name))
    .reduce((sum, name) => sum + statSync(join(data, name)).size, 0)

/** A picture that does not compress: `side` x `side` pixels of noise as PNG. */
export async function noisePicture(side: number): Promise<Buffer> {
  const pixels = randomFillSync(Buffer.alloc(side * side * 3))
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer()
}

/** What a window says of a video that it sends. */
export const videoFacts = JSON.stringify({
  ...{ width: 640, height: 360, durationMs: 60_000, frames: 1800, fps: 30, codec: 'avc' },
})

/** A file of so many bytes that begins as an MP4 does; made as it is read. */
export function videoBody(bytes: number): Readable {
  const head = Buffer.alloc(32)
  head.writeUInt32BE(32)
  head.write('ftypisom', 4, 'latin1')
  const chunk = Buffer.alloc(256 * 1024, 7)
  function* chunks() {
    yield head
    for (let left = bytes - head.length; left > 0; left -= chunk.length) yield chunk.subarray(0, left)
  }
  return Readable.from(chunks())
}

/** Runs a script with a checkout's own code. */
function inCheckout(checkout: string, script: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...args], {
    cwd: checkout,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${checkout} could not make its data: ${stderr}`)
}
