import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type {
  AppError,
  ConversationEvent,
  FrameSample,
  Message,
  QuestionPart,
  VideoAttachment,
  VideoFacts,
} from '#contract'
import { createApp } from '../app.ts'
import type { App } from '../app.ts'
import type { RgbPicture } from '../lib/picture/index.ts'
import { forkWorker } from '../nodePorts.ts'
import { createMemoryClient } from '../rpc/memoryClient.ts'
import type { Client } from '../rpc/memoryClient.ts'
import { tempFolder } from './tempFolder.ts'
import { testPorts } from './testPorts.ts'

/** A file that starts as an MP4 does; nothing in the core reads further. */
export const mp4 = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'), Buffer.alloc(200, 3)])
/** What a window says of it. */
export const facts: VideoFacts = {
  width: 160,
  height: 120,
  durationMs: 3000,
  frames: 90,
  fps: 30,
  codec: 'avc',
  startMs: 0,
}

/** The whole core with the demo model, opened anew for each test of the file that imports this. */
export let folder: ReturnType<typeof tempFolder>
export let app: App
export let client: Client

beforeEach(() => {
  folder = tempFolder()
  open()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await app.close()
  folder.remove()
})

/** Opens it on the test's data folder, which nothing has open. */
export function open(): void {
  app = createApp(testPorts(folder.path, { spawnWorker: forkWorker }))
  client = createMemoryClient(app.serve).client
}

/** Matches an error by its code. */
export const code = (value: string) => expect.objectContaining({ code: value }) as AppError
/** Asks for a plan of all of a video. */
export const whole = (of: string | VideoFacts) => ({ of, range: null, taken: 0 })
/** A video that was stored as a window posts it. */
export async function stored(
  name = 'clip.mp4',
  bytes: Uint8Array = mp4,
  told: VideoFacts | undefined = facts,
): Promise<VideoAttachment> {
  const attachment = await app.attachments.store(name, Readable.from([bytes]), undefined, told)
  if (attachment.kind !== 'video') throw new Error('It is no video.')
  return attachment
}
/** A grey frame with a red disc whose place tells its number. */
export function frame(number: number, { width, height }: { width: number; height: number } = facts): RgbPicture {
  const data = new Uint8Array(width * height * 3).fill(230)
  const [x0, y0] = [20 + ((width - 40) * number) / facts.frames, height / 2]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if ((x - x0) ** 2 + (y - y0) ** 2 < 400) data.set([220, 30, 30], (y * width + x) * 3)
  return { width, height, data }
}
/** Posts a frame of a set as a window does. */
export const post = (key: string, n: number, { data, width, height }: RgbPicture) =>
  app.frames.store(key, n, { width, height, format: 'rgb' }, Readable.from([data]))
/** Posts those frames of a sample that are at these places in it. */
export async function postAll(key: string, { indices }: FrameSample, wanted: readonly number[]): Promise<void> {
  for (const n of wanted) await post(key, n, frame(indices[n]!))
}
/** A stored video with all frames of its plan, as part of a question. */
export async function prepared(): Promise<{
  part: QuestionPart
  key: string
  sample: FrameSample
  sha: string
  tokens: number
}> {
  const { sha } = await stored()
  const { sample, tokens } = await client.videos.plan(whole(sha))
  const { key, missing } = await client.videos.begin({ sha, sample })
  await postAll(key, sample, missing)
  return { part: { type: 'video', key, name: 'clip.mp4' }, key, sample, sha, tokens }
}
/** How many frames are stored after each one that ffmpeg decodes. */
export async function progressOf(sha: string, sample: FrameSample): Promise<number[]> {
  const done: number[] = []
  for await (const event of await client.videos.extract({ sha, sample })) done.push(event.done)
  return done
}
/** An answer once it has ended. */
export async function answerTo(sent: { conversationId: string; answerId: string }): Promise<Message> {
  const isEnd = (event: ConversationEvent) =>
    event.type === 'message' && event.message.id === sent.answerId && event.message.status !== 'streaming'
  for await (const event of await client.conversations.watch({ id: sent.conversationId })) {
    const found =
      event.type === 'snapshot'
        ? event.messages.find(({ id, status }) => id === sent.answerId && status !== 'streaming')
        : event.type === 'message' && isEnd(event)
          ? event.message
          : undefined
    if (found) return found
  }
  throw new Error('The stream ended.')
}
