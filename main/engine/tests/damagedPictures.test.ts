import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { AppError } from '#contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { forkWorker } from '../../nodePorts.ts'
import type { SpawnWorker } from '../../ports.ts'
import { createAttachments } from '../../services/media/attachments/attachments.ts'
import type { AttachmentGateway } from '../../services/media/attachments/types.ts'
import { createMediaProcess } from '../../services/media/process/mediaProcess.ts'
import { answered, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { mutatePicture, soundPictures } from '../../testing/pictureMutations.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { ChatPart } from '../index.ts'

/** Of each sound picture; what a case ends with depends on its seed alone. */
const SEEDS = 26
const REFUSALS = /^(UnsupportedMedia|DamagedMedia|MediaTooLarge)$/

const folder = tempFolder()
const processes = { engine: 0, media: 0 }
const spawn: SpawnWorker = (name) => {
  processes[name]++
  return forkWorker(name)
}
const engine = createEngine({ spawn, cachePath: join(folder.path, 'cache') })
const media = createMediaProcess({ spawnWorker: spawn })
let store: Store
let attachments: AttachmentGateway
beforeAll(() => {
  store = openStore(join(folder.path, 'data'))
  attachments = createAttachments({ database: store.db, folder: join(folder.path, 'attachments'), media })
})
afterAll(async () => {
  await engine.close()
  media.close()
  store.close()
  folder.remove()
})

const ask = (picture: ChatPart, maxTokens: number) =>
  answered(engine, requestOf([user(picture, 'What is in the picture?')], { maxTokens }))
/** `answer`, or the code of the typed error. */
async function endOf(work: Promise<unknown>, what: string): Promise<string> {
  try {
    await work
    return 'answer'
  } catch (error) {
    if (!(error instanceof AppError)) throw new Error(`${what} gave an untyped error`, { cause: error })
    expect(error.code, `${what}: ${error.message}`).toMatch(REFUSALS)
    return error.code
  }
}

const pictures = await soundPictures()

test('there are enough cases, all of pictures that are sound before', async () => {
  expect(pictures.length * SEEDS).toBeGreaterThanOrEqual(300)
  for (const { name, bytes } of pictures) {
    expect(await endOf(ask({ type: 'image', source: { bytes, name } }, 1), name)).toBe('answer')
    expect(await endOf(attachments.store(name, Readable.from([bytes])), name)).toBe('answer')
  }
})

test.each(pictures)(
  `${SEEDS} damaged copies of $name end in a typed error or an answer, asked about and uploaded`,
  async ({ name, bytes }) => {
    const ends: string[] = []
    for (let seed = 0; seed < SEEDS; seed++) {
      const { buffer, description } = mutatePicture(bytes, seed)
      const path = join(folder.path, `${seed}-${name}`)
      writeFileSync(path, buffer)
      const what = `seed ${seed} of ${name} (${description})`
      const asked = await endOf(ask({ type: 'image', source: { path } }, 1), `asking about ${what}`)
      const uploaded = await endOf(attachments.store(name, Readable.from([buffer])), `uploading ${what}`)
      ends.push(asked, uploaded)
    }
    expect(ends.some((end) => end !== 'answer')).toBe(true)
  },
)

test('after all of them the same two processes work as ever', async () => {
  expect((await ask(sample('red-circle'), 64)).text).toBe('A red circle.')
  expect(processes).toEqual({ engine: 1, media: 1 })
})
