import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import { startModelServer } from '../../testing/modelServer.ts'
import type { Fault, ModelServer } from '../../testing/modelServer.ts'
import { seededRandom } from '../../testing/mutations.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { openPartFile } from './disk/partFile.ts'
import type { OpenPartFile } from './index.ts'
import { SavedProgress } from './progress.ts'
import { openRig } from './testing/rig.ts'
import type { Rig } from './testing/rig.ts'

type Random = ReturnType<typeof seededRandom>
type Interruption = 'pause' | 'restart' | 'crash' | 'full disk'

const SCHEDULES = 240
const codes = ['SourceUnreachable', 'SourceRefused', 'NotFound', 'FileChanged', 'DigestMismatch', 'DiskFull']
/** Schedules that run side by side: most of their time is waiting. */
const AT_ONCE = 6

test(`${SCHEDULES} random schedules of faults end in the verified file or a typed error, never in a wrong file`, async () => {
  const server = await startModelServer()
  // an empty store to copy, since making one takes longer than a schedule
  const empty = tempFolder()
  openStore(join(empty.path, 'data')).close()
  const seen = new Set<string>()
  let done = 0
  let seed = 0
  const run = async () => {
    while (seed < SCHEDULES) {
      const mine = ++seed
      const outcomes = await runSchedule(server, empty.path, mine).catch((error: unknown) =>
        Promise.reject(new Error(`seed ${mine}`, { cause: error })),
      )
      for (const outcome of outcomes) seen.add(outcome)
      if (outcomes.at(-1) === 'done') done++
    }
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, run))
  } finally {
    await server.close()
    empty.remove()
  }
  // the schedules are worth something only if each end is met
  expect([...seen].sort()).toEqual([...codes, 'done'].sort())
  expect(done).toBeGreaterThan(SCHEDULES / 4)
})

/** One download with random file, source, faults and interruptions, resumed a few times. Returns every end: 'done' or a code. */
async function runSchedule(server: ModelServer, empty: string, seed: number): Promise<string[]> {
  const outcomes: string[] = []
  const random = seededRandom(seed)
  const pick = <T>(all: readonly T[]) => all[random(all.length)] as T
  const length = random(12) === 0 ? 0 : 1 + random(120_000)
  const content = randomBytes(random, length)
  const hasDigest = random(10) < 7
  const ranges = random(8) > 0
  const [repository, path] = [`any/model-${seed}`, 'file.gguf']
  // without a digest only the source's own word tells versions apart, so it has to give it
  const etag = hasDigest ? pick(['strong', 'strong', 'weak', 'none'] as const) : 'strong'
  const faults = Array.from({ length: random(9) }, () => randomFault(random, length, hasDigest))
  const versions = [content, ...faults.flatMap((fault) => (fault.kind === 'change' ? [fault.content] : []))].map(
    (version) => Buffer.from(version),
  )
  const right = hasDigest ? [content] : versions
  server.add({
    repository,
    files: { [path]: { content, ranges, etag, lastModified: hasDigest ? random(2) === 0 : true } },
  })
  server.script(repository, path, faults)

  const folders = [tempFolder()]
  cpSync(empty, folders[0]!.path, { recursive: true })
  const settings = {
    connections: 1 + random(4),
    partBytes: 8192 * (1 + random(4)),
    checkpointBytes: 4096 * (1 + random(8)),
    stallMs: 60,
    tries: 4,
  }
  const interruptions = Array.from({ length: random(4) }, () => ({
    kind: pick<Interruption>(['pause', 'restart', 'crash', 'full disk']),
    afterWrites: 1 + random(8),
  }))
  let next = interruptions.shift()
  let writes = 0
  let interrupt = Promise.withResolvers<'interrupted'>()
  const openFaulty: OpenPartFile = async (file, size) => {
    const part = await openForgetful(file, size)
    return {
      ...part,
      async write(chunk, at) {
        writes++
        if (next && writes >= next.afterWrites) {
          if (next.kind === 'full disk') {
            next = interruptions.shift()
            writes = 0
            await part.write(chunk.subarray(0, chunk.length >> 1), at)
            throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
          }
          interrupt.resolve('interrupted')
        }
        await part.write(chunk, at)
      },
    }
  }
  const open = () => openRig(folders.at(-1)!.path, { openPartFile: openFaulty, transfer: settings })

  let rig = open()
  const sha256 = hasDigest ? sha(content) : null
  const { id } = rig.downloads.start({
    ...{ name: 'Any', entryId: 'any', quantization: 'Q4', folder: 'any' },
    files: [{ path, url: server.fileUrl(repository, path), bytes: length, sha256, role: 'text' }],
  })
  try {
    for (let resumes = random(6); ; ) {
      const settled = rig.settled(id)
      settled.catch(() => {})
      const outcome = await Promise.race([settled, interrupt.promise])
      if (outcome === 'interrupted') {
        const kind = next?.kind
        next = interruptions.shift()
        writes = 0
        interrupt = Promise.withResolvers()
        if (kind === 'crash') {
          // what a power cut leaves: the files as they are at this moment, without what was not flushed
          folders.push(tempFolder())
          cpSync(folders.at(-2)!.path, folders.at(-1)!.path, { recursive: true })
          if (faults.every(({ kind }) => kind !== 'flip' && kind !== 'change'))
            checkClaims(folders.at(-1)!.path, path, content)
        }
        if (kind === 'pause') {
          await rig.downloads.pause(id)
          checkFile(rig, path, right)
          rig.downloads.resume(id)
        } else {
          await rig.close()
          rig = open()
        }
        continue
      }
      checkFile(rig, path, right)
      if (outcome.state === 'done') {
        expect(rig.files()).toEqual([`any/${path}`])
        return [...outcomes, 'done']
      }
      outcomes.push(outcome.error?.code ?? outcome.state)
      expect(codes).toContain(outcomes.at(-1))
      expect(outcome.error?.message).toMatch(/\. .*\.$/)
      if (resumes-- <= 0) {
        await rig.downloads.remove(id)
        expect(rig.files()).toEqual([])
        return outcomes
      }
      rig.downloads.resume(id)
    }
  } finally {
    await rig.close()
    for (const folder of folders) folder.remove()
  }
}

/** Keeps what is written to itself until it is flushed, as a disk may. */
const openForgetful: OpenPartFile = async (path, bytes) => {
  const part = await openPartFile(path, bytes)
  let kept: { chunk: Uint8Array; at: number }[] = []
  return {
    ...part,
    async write(chunk, at) {
      kept.push({ chunk: Uint8Array.from(chunk), at })
    },
    async sync() {
      const flushed = kept
      kept = []
      for (const { chunk, at } of flushed) await part.write(chunk, at)
    },
  }
}

/** What the database says is there is on the disk. */
function checkClaims(folder: string, name: string, content: Buffer): void {
  const store = openStore(join(folder, 'data'))
  try {
    const stored = store.db.prepare('SELECT progress FROM download_files').pluck().get() as string | null
    if (stored === null) return
    const { done, partBytes } = SavedProgress.parse(JSON.parse(stored))
    const part = readFileSync(join(folder, 'models/any', `${name}.part`))
    done.forEach((count, index) => {
      const range = [index * partBytes, index * partBytes + count] as const
      expect(part.subarray(...range).equals(content.subarray(...range))).toBe(true)
    })
  } finally {
    store.close()
  }
}

/** A file in its place is a right one, whatever happened. */
function checkFile(rig: Rig, name: string, right: readonly Buffer[]): void {
  const target = join(rig.models, 'any', name)
  if (existsSync(target)) expect(right.some((content) => content.equals(readFileSync(target)))).toBe(true)
}

function randomFault(random: Random, length: number, hasDigest: boolean): Fault {
  const afterBytes = random(20_000)
  const faults: (() => Fault)[] = [
    () => ({ kind: 'none' }),
    () => ({ kind: 'none' }),
    () => ({ kind: 'drop', afterBytes }),
    () => ({ kind: 'drop', afterBytes }),
    () => ({ kind: 'truncate', afterBytes }),
    () => ({ kind: 'stall', afterBytes }),
    () => ({ kind: 'status', status: [500, 502, 503][random(3)] as number }),
    () => ({ kind: 'status', status: 429, retryAfter: String(random(100)) }),
    () => ({ kind: 'status', status: [401, 403, 404, 410, 416][random(5)] as number }),
    () => ({ kind: 'wrongRange', shift: 1 + random(5000) }),
    () => ({ kind: 'whole' }),
    () => ({ kind: 'redirectLoop' }),
    () => ({ kind: 'drip', chunkBytes: 2000, everyMs: 1 }),
    () => ({ kind: 'change', content: randomBytes(random, random(3) === 0 ? length + 1 : length) }),
    () => (hasDigest ? { kind: 'flip', at: random(20_000) } : { kind: 'none' }),
  ]
  return faults[random(faults.length)]!()
}

function randomBytes(random: Random, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => random(256)))
}

function sha(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
