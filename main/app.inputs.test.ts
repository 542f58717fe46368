import { readFileSync } from 'node:fs'
import sharp from 'sharp'
import { beforeEach, expect, test } from 'vitest'
import type { ImageAttachment, QuestionPart, Seen } from '#contract'
import { codeOf } from './engine/worker/families/families.ts'
import { measureMedia } from './engine/worker/vision/media.ts'
import { visionOf } from './lib/families/families.ts'
import { answerFile } from './lib/http/attachments.ts'
import { forkWorker } from './nodePorts.ts'
import { app, client, code, ended, engine, reopen, until } from './testing/coreTestbed.ts'

// pictures are read and resized by the real worker
beforeEach(() => reopen({ spawnWorker: forkWorker }))

/** A picture of noise, so that every resize of it is another one. */
async function noise(width: number, height: number, name = 'noise.png'): Promise<ImageAttachment> {
  const data = Buffer.from(Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251))
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer()
  return (await app.attachments.store(name, one(png))) as ImageAttachment
}
async function* one(bytes: Uint8Array) {
  yield bytes
}
const picture = ({ sha, name }: ImageAttachment): QuestionPart => ({ type: 'image', sha, name })

/** Asks, and has the model say what it saw. */
async function asked(parts: QuestionPart[], seen: Seen | null, conversationId: string | null = null) {
  const sent = await client.ask.send({ conversationId, parts })
  const events = await client.conversations.watch({ id: sent.conversationId })
  const answer = await engine.nextAnswer()
  if (seen) answer.seen(seen)
  answer.text('Noise.')
  answer.finish()
  await until(events, ended)
  return sent
}
const get = (address: string) => {
  const [path = '', query] = address.split('?')
  const asking = { method: 'GET', path, query: new URLSearchParams(query), header: () => null }
  return answerFile(asking, app)
}
const pixels = async (path: string) => sharp(readFileSync(path)).raw().toBuffer()

test('an answer tells how its model got each picture of its question: grid, windows, positions, and where vectors came from', async () => {
  const [first, second] = [await noise(300, 200), await noise(90, 260, 'tall.png')]
  const seen: Seen = {
    family: 'qwen25vl',
    media: [
      { width: 308, height: 196, frames: 1, tokens: 77, starts: [15], encoded: [{ from: 'computed', ms: 12 }] },
      { width: 84, height: 252, frames: 1, tokens: 27, starts: [30], encoded: [{ from: 'disk', ms: null }] },
    ],
  }
  const sent = await asked([picture(first), { type: 'text', text: 'What?' }, picture(second)], seen)
  const model = (await client.models.list())[0]!.name
  const input = await client.inputs.inspect({ messageId: sent.userMessageId, part: 0 })
  expect(input).toMatchObject({
    kind: 'picture',
    name: 'noise.png',
    page: null,
    seenBy: { answerId: sent.answerId, model, isThere: true },
    family: { id: 'qwen25vl', label: 'Qwen2.5-VL' },
    original: { width: 300, height: 200 },
    input: { width: 308, height: 196 },
    patch: 14,
    token: 28,
    grid: { times: 1, rows: 7, columns: 11 },
    tokens: 77,
    windows: { side: 4, rows: 2, columns: 3 },
    slices: [
      {
        frames: [0],
        positions: { t: [15, 15], h: [15, 21], w: [15, 25] },
        encoded: { from: 'computed', ms: 12 },
      },
    ],
    video: null,
  })
  // as many windows as the tower cuts the patches into
  const { groups } = codeOf('qwen25vl').order(7, 11)
  expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(2 * 3)
  expect(await client.inputs.inspect({ messageId: sent.userMessageId, part: 2 })).toMatchObject({
    name: 'tall.png',
    grid: { rows: 9, columns: 3 },
    slices: [{ positions: { t: [30, 30], h: [30, 38], w: [30, 32] }, encoded: { from: 'disk', ms: null } }],
  })
})

test('the picture that is given is what the engine normalises, to the bit', async () => {
  const stored = await noise(333, 200)
  const budget = { minPixels: 4 * 784, maxPixels: 20 * 784 }
  const path = app.attachments.pathOf(stored.sha)
  const media = await measureMedia({ type: 'image', source: { path } }, budget, visionOf('qwen2vl'))
  const [frame] = await media.frames(0)
  const { width, height } = frame
  const sent = await asked([picture(stored)], { family: 'qwen2vl', media: [{ width, height, frames: 1, tokens: 15 }] })
  const input = await client.inputs.inspect({ messageId: sent.userMessageId, part: 0 })
  const { body, headers } = await get(input.frames[0]!.input)
  expect(headers['Content-Type']).toBe('image/png')
  expect(await pixels(body!.path)).toEqual(Buffer.from(frame.data))
  // once more from where it lies
  expect((await get(input.frames[0]!.input)).body!.path).toBe(body!.path)
})

test('of several answers the shown one counts, and each can be asked for; what an answer does not tell is null', async () => {
  const stored = await noise(112, 112)
  const seen = (side: number): Seen => ({
    family: 'qwen2vl',
    media: [{ width: side, height: side, frames: 1, tokens: (side / 28) ** 2 }],
  })
  const sent = await asked([picture(stored)], seen(112))
  const again = await client.ask.retry({ messageId: sent.answerId })
  const answer = await engine.nextAnswer()
  answer.seen(seen(56))
  answer.finish()
  await until(await client.conversations.watch({ id: sent.conversationId }), (event) =>
    event.type === 'snapshot' ? event.messages.at(-1)?.status === 'complete' : ended(event),
  )
  const messageId = sent.userMessageId
  const shown = await client.inputs.inspect({ messageId, part: 0 })
  expect(shown).toMatchObject({ seenBy: { answerId: again.answerId }, input: { width: 56 }, windows: null })
  expect(shown.answers.map(({ answerId }) => answerId)).toEqual([sent.answerId, again.answerId])
  expect(shown.slices).toEqual([{ frames: [0], positions: null, encoded: null }])
  const first = await client.inputs.inspect({ messageId, part: 0, answerId: sent.answerId })
  expect(first).toMatchObject({ seenBy: { answerId: sent.answerId }, input: { width: 112 } })
})

test('a picture that no model got, and what is no picture, is said so', async () => {
  const stored = await noise(56, 56)
  const { userMessageId: messageId } = await asked([picture(stored), { type: 'text', text: 'What?' }], null)
  await expect(client.inputs.inspect({ messageId, part: 0 })).rejects.toEqual(code('NotFound'))
  await expect(client.inputs.inspect({ messageId, part: 1 })).rejects.toEqual(code('NotFound'))
  await expect(client.inputs.inspect({ messageId: 'gone', part: 0 })).rejects.toEqual(code('NotFound'))
  // another number of pictures than stand in the conversation
  const wrong = await asked([picture(stored)], { family: 'qwen2vl', media: [] })
  await expect(client.inputs.inspect({ messageId: wrong.userMessageId, part: 0 })).rejects.toEqual(code('NotFound'))
})

test('what was made of a picture goes with it', async () => {
  const stored = await noise(64, 64)
  const seen: Seen = { family: 'qwen2vl', media: [{ width: 56, height: 56, frames: 1, tokens: 4 }] }
  const sent = await asked([picture(stored)], seen)
  const { body } = await get(`${stored.sha}?input=56x56`)
  expect(readFileSync(body!.path).length).toBeGreaterThan(0)
  await client.conversations.remove({ id: sent.conversationId })
  expect(() => readFileSync(body!.path)).toThrow('ENOENT')
})
