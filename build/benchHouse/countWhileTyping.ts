import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import sharp from 'sharp'
import { root } from '../paths.ts'

/** Photographs in the conversation, and how often each side counts; the sides take turns. */
const PICTURES = 30
const ROUNDS = 15

/** What each side took for a count, and read from files for it; bytes are null where the system does not tell. */
export interface CountFigures {
  readonly medianMs: number
  readonly readBytes: number | null
}

interface Count {
  readonly ms: number
  readonly readBytes: number | null
}

/** One core with the conversation, which counts whenever it is told to. */
interface Side {
  count(): Promise<Count>
  close(): Promise<void>
}

/**
 * Runs in a process of its own, in a checkout that may be an older one: only what both have is used. Bytes are those of the
 * engine's process, which is the one that measures pictures, and of the core's.
 */
const source = `
  const [checkout, folder, data] = process.argv.slice(2)
  const from = (path) => import(\`\${checkout}/main/\${path}\`)
  const { createApp } = await from('app.ts')
  const { createMemoryClient } = await from('rpc/memoryClient.ts')
  const { forkWorker } = await from('nodePorts.ts')
  const { testPorts } = await from('testing/testPorts.ts')
  const { createReadStream, readdirSync, readFileSync } = await import('node:fs')
  const pids = () => {
    try {
      return [process.pid, ...readFileSync(\`/proc/self/task/\${process.pid}/children\`, 'utf8').trim().split(' ').filter(Boolean)]
    } catch {
      return []
    }
  }
  const read = () => {
    try {
      return pids().reduce((sum, pid) => sum + Number(/rchar: (\\d+)/.exec(readFileSync(\`/proc/\${pid}/io\`, 'utf8'))[1]), 0)
    } catch {
      return null
    }
  }
  const app = createApp(testPorts(data, { spawnWorker: forkWorker }))
  const { client, close } = createMemoryClient(app.serve)
  const parts = []
  for (const name of readdirSync(folder).sort()) {
    const { sha } = await app.attachments.store(name, createReadStream(\`\${folder}/\${name}\`))
    parts.push({ type: 'image', sha, name })
  }
  const { conversationId, answerId } = await client.ask.send({ conversationId: null, parts })
  await client.ask.stop({ messageId: answerId })
  const typed = (n) => ({ conversationId, parts: [{ type: 'text', text: 'What is in the pictures?'.slice(0, 5 + (n % 20)) }] })
  await client.ask.count(typed(0))
  const { createInterface } = await import('node:readline')
  console.log('ready')
  let n = 0
  for await (const line of createInterface({ input: process.stdin })) {
    if (line !== 'count') break
    const [before, start] = [read(), performance.now()]
    await client.ask.count(typed(n++))
    const ms = performance.now() - start
    console.log(JSON.stringify({ ms, readBytes: before === null ? null : read() - before }))
  }
  close()
  await app.close()
  process.exit()
`

/** `program`: where `source` is. */
async function open(program: string, checkout: string, pictures: string, data: string): Promise<Side> {
  const child = spawn(process.execPath, [program, checkout, pictures, data], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`The core of ${checkout} ended before it had counted.`)
    return value as string
  }
  if ((await next()) !== 'ready') throw new Error(`The core of ${checkout} did not start.`)
  return {
    async count() {
      child.stdin.write('count\n')
      return JSON.parse(await next()) as Count
    },
    async close() {
      child.stdin.write('end\n')
      await once(child, 'exit')
    },
  }
}

/** Photographs of 12 megapixels and about 6 MB: one of our own making, each with some bytes of its own behind its end. */
async function photographs(folder: string): Promise<number> {
  mkdirSync(folder)
  const [width, height] = [4000, 3000]
  const noise = Buffer.alloc(width * height * 3)
  for (let i = 0, state = 1; i < noise.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    noise[i] = 100 + 60 * Math.sin(i / 5003) + ((state >> 16) & 63)
  }
  const photo = await sharp(noise, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer()
  for (let n = 0; n < PICTURES; n++)
    writeFileSync(join(folder, `${n}.jpg`), Buffer.concat([photo, Buffer.from(`photograph ${n}`)]))
  return photo.length
}

/**
 * Counts a question while it is typed in a conversation with 30 photographs, here and in another checkout, in turns.
 * `bytes`: of one photograph.
 */
export async function countWhileTyping(
  against: string,
): Promise<{ bytes: number; here: CountFigures; there: CountFigures }> {
  const work = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  const sides: Side[] = []
  try {
    const pictures = join(work, 'pictures')
    const bytes = await photographs(pictures)
    const program = join(work, 'side.mjs')
    writeFileSync(program, source)
    for (const [n, checkout] of [root, against].entries())
      sides.push(await open(program, checkout, pictures, join(work, `data-${n}`)))
    const counts: Count[][] = sides.map(() => [])
    for (let round = 0; round < ROUNDS; round++)
      for (const [n, side] of sides.entries()) counts[n]!.push(await side.count())
    const [here, there] = counts.map(figures) as [CountFigures, CountFigures]
    return { bytes, here, there }
  } finally {
    await Promise.all(sides.map((side) => side.close()))
    rmSync(work, { recursive: true, force: true })
  }
}

function figures(counts: readonly Count[]): CountFigures {
  const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
  const read = counts.flatMap(({ readBytes }) => (readBytes === null ? [] : [readBytes]))
  return { medianMs: middle(counts.map(({ ms }) => ms)), readBytes: read.length > 0 ? middle(read) : null }
}

/** `node build/benchHouse/countWhileTyping.ts --against DIR`: prints both sides and the ratio. */
async function main(): Promise<number> {
  const { against } = parseArgs({ options: { against: { type: 'string' } } }).values
  if (against === undefined) {
    process.stderr.write('node build/benchHouse/countWhileTyping.ts --against DIR\n')
    return 2
  }
  const { bytes, here, there } = await countWhileTyping(resolve(against))
  const megabytes = (count: number | null) => (count === null ? '' : `, ${(count / 1e6).toFixed(1)} MB read`)
  process.stdout.write(
    `A count while typing, ${PICTURES} photographs of ${(bytes / 1e6).toFixed(1)} MB in the conversation; median of ${ROUNDS}, in turns\n` +
      `  here     ${here.medianMs.toFixed(1)} ms${megabytes(here.readBytes)}\n` +
      `  against  ${there.medianMs.toFixed(1)} ms${megabytes(there.readBytes)}\n` +
      `  ratio    ${(here.medianMs / there.medianMs).toFixed(3)}\n`,
  )
  return 0
}

if (import.meta.main) process.exitCode = await main()
