import type { Ports } from '../ports.ts'
import type { Channel } from '../rpc/channel.ts'
import { createMemoryClient } from '../rpc/memoryClient.ts'
import type { Engine } from '../engine/index.ts'
import { ScriptedEngine } from './scriptedEngine.ts'
import { testPorts } from './testPorts.ts'

/**
 * Asks one question in `folder` and answers it without end, or thinks about it, each word with its number; writes every text that a window
 * would have shown to standard output as one line of JSON. For a process of its own that is killed in the middle.
 */
export async function answerUntilKilled(
  createApp: (ports: Ports, parts: { engine: Engine }) => { serve: (channel: Channel) => () => void },
  folder: string,
  writes: 'text' | 'reasoning' = 'text',
): Promise<void> {
  const engine = new ScriptedEngine()
  const { client } = createMemoryClient(createApp(testPorts(folder), { engine }).serve)
  const sent = await client.ask.send({ conversationId: null, parts: [{ type: 'text', text: 'Count' }] })
  const events = await client.conversations.watch({ id: sent.conversationId })
  const answer = await engine.nextAnswer()
  let word = 0
  setInterval(() => answer[writes](`${word++} `), 2)
  for await (const event of events) {
    if (event.type === writes)
      process.stdout.write(`${JSON.stringify({ ...sent, offset: event.offset, text: event.text })}\n`)
  }
}
