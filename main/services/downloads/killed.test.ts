import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Download } from '#contract'
import { expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import { startModelServer } from '../../testing/modelServer.ts'
import { seededRandom } from '../../testing/mutations.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import type { DownloadRequest } from './index.ts'
import { SavedProgress } from './progress.ts'
import { openRig } from './testing/rig.ts'

const PART = 16 * 1024
const random = seededRandom(5)
const content = Buffer.from(Array.from({ length: 40 * PART + 100 }, () => random(256)))

test('a process that is killed again and again claims only what is on the disk, and the next goes on from there', async () => {
  const folder = tempFolder()
  const server = await startModelServer([{ repository: 'a/b', files: { 'm.gguf': content } }])
  // slow enough for a kill in the middle of every answer
  server.script(
    'a/b',
    'm.gguf',
    Array.from({ length: 100 }, () => ({ kind: 'drip', chunkBytes: 1500, everyMs: 10 }) as const),
  )
  const sha256 = createHash('sha256').update(content).digest('hex')
  const url = server.fileUrl('a/b', 'm.gguf')
  const request = {
    ...{ name: 'M', entryId: 'm', quantization: 'Q4', folder: 'M' },
    files: [{ path: 'm.gguf', url, bytes: content.length, sha256, role: 'text' as const }],
  }
  try {
    let claimed = 0
    for (let kills = 0; kills < 4; kills++) {
      await killAt(folder.path, request, claimed + 3 * PART)
      const saved = savedIn(folder.path)
      const part = readFileSync(join(folder.path, 'models/M/m.gguf.part'))
      saved.done.forEach((count, index) => {
        const range = [index * PART, index * PART + count] as const
        expect(part.subarray(...range).equals(content.subarray(...range))).toBe(true)
      })
      const sum = saved.done.reduce((total, count) => total + count, 0)
      expect(sum).toBeGreaterThan(claimed)
      claimed = sum
    }

    const asked = server.requests.length
    const rig = openRig(folder.path)
    try {
      const [job] = rig.downloads.list()
      expect(job).toMatchObject({ state: 'queued', doneBytes: claimed })
      expect((await rig.settled(job!.id)).state).toBe('done')
      expect(rig.files()).toEqual(['M/m.gguf'])
      expect(readFileSync(join(rig.models, 'M/m.gguf')).equals(content)).toBe(true)
    } finally {
      await rig.close()
    }
    const fetched = server.requests.slice(asked).filter(({ url }) => url.startsWith('/cdn/'))
    const bytes = fetched.reduce((sum, { headers }) => sum + lengthOf(headers.range), 0)
    expect(bytes).toBe(content.length - claimed)
  } finally {
    await server.close()
    folder.remove()
  }
})

const lengthOf = (range = '') => {
  const [, start, end] = /=(\d+)-(\d+)$/.exec(range) ?? []
  return Number(end) - Number(start) + 1
}

/** Runs the service in a process of its own and kills it once it shows so many bytes. */
async function killAt(folder: string, request: DownloadRequest, bytes: number): Promise<void> {
  const script = join(import.meta.dirname, 'testing/downloadUntilKilled.ts')
  const child = spawn(process.execPath, [script, folder, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<string | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)))
  for await (const line of createInterface({ input: child.stdout })) {
    if ((JSON.parse(line) as Download).doneBytes >= bytes) child.kill('SIGKILL')
  }
  expect(await ended).toBe('SIGKILL')
}

function savedIn(folder: string): SavedProgress {
  const store = openStore(join(folder, 'data'))
  try {
    return SavedProgress.parse(
      JSON.parse(store.db.prepare('SELECT progress FROM download_files').pluck().get() as string),
    )
  } finally {
    store.close()
  }
}
