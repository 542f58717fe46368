import type { ConversationEvent, FrameSample, Message, VideoFacts } from '#contract'
import type { RgbPicture } from '../lib/picture/index.ts'
import type { Client } from '../rpc/memoryClient.ts'

/** A file that starts as an MP4 does; nothing in the core reads further. */
export const mp4 = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'), Buffer.alloc(200, 3)])

/** What a window says of that video. */
export const facts: VideoFacts = {
  width: 160,
  height: 120,
  durationMs: 3000,
  frames: 90,
  fps: 30,
  codec: 'avc',
  startMs: 0,
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

/** Has the core read the frames of a sample; how many there were at each step. */
export async function progressOf(client: Client, sha: string, sample: FrameSample): Promise<number[]> {
  const done: number[] = []
  for await (const event of await client.videos.extract({ sha, sample })) done.push(event.done)
  return done
}

/** An answer once it has ended. */
export async function answerTo(client: Client, sent: { conversationId: string; answerId: string }): Promise<Message> {
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
