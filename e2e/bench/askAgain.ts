import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { MB } from './houseData.ts'

/** As many bytes of KV state for each token as Qwen2-VL-2B, 28 kB, with weights that a processor computes quickly. */
const SHAPE = {
  id: 'ask-again',
  name: 'Synthetic, the KV state of Qwen2-VL 2B',
  text: {
    blocks: 28,
    width: 256,
    heads: 2,
    kvHeads: 2,
    feedForward: 512,
    ropeSections: [16, 24, 24, 0],
    contextTokens: 32_768,
    normalTokens: 151_643,
    vocabularySize: 151_936,
  },
  vision: { blocks: 2, width: 64, heads: 2, feedForward: 64 },
} as const
const WORDS = 'amber bridge candle desert engine forest '
/** About 8,000 tokens. */
const PROMPT_CHARACTERS = 12_100
const CONTEXT_TOKENS = 16_384
/** Few: what random weights write is not read back as the tokens that were written, so the next question computes it anew. */
const ANSWER_TOKENS = 2
/** An engine with nothing to do saves its KV state after so long, in ms, in both checkouts. */
const IDLE_SAVE_MS = 3000

/** What is used of a checkout, by the paths that both of the compared ones have. */
interface Checkout {
  createHeadless(ports: { spawnWorker: unknown; paths: { resources: string; cache: string } }): {
    engine: {
      answer(request: object, options: object): AsyncIterable<{ type: string; text?: string }>
      close(): Promise<void>
    }
  }
  forkWorker(name: string): { pid?: number }
  syntheticModel(folder: string, shape: object): Promise<object>
}

/** Times to the first token in ms, in a conversation of about 8,000 tokens. */
export interface AskAgain {
  /** The next question of the same conversation, one second after its last answer. */
  readonly same: number
  /** The same one while the idle engine saves the KV state: just after the three seconds for which it waits. */
  readonly saving: number
  /** A short question in another conversation, one second after the last answer in the long one. */
  readonly other: number
  /** What the engine's process wrote to disk meanwhile, for each question that was asked, in MB. */
  readonly written: number
}

/** Begins a long conversation with the engine of `checkout`; each `take` asks on in it. */
export async function openAskAgain(
  checkout: string,
): Promise<{ take(): Promise<AskAgain & Record<string, number>>; close(): Promise<void> }> {
  const { createHeadless, forkWorker, syntheticModel } = await load(checkout)
  const folder = mkdtempSync(join(tmpdir(), 'sightline-ask-again-'))
  const model = await syntheticModel(folder, SHAPE)
  let pid = 0
  const spawnWorker = (name: string) => {
    const worker = forkWorker(name)
    pid = worker.pid ?? 0
    return worker
  }
  const paths = { resources: join(checkout, 'resources'), cache: join(folder, 'cache') }
  const { engine } = createHeadless({ spawnWorker, paths })
  const text = (role: string, words: string) => ({ role, content: [{ type: 'text', text: words }] })
  /** Asks, and adds the answer to the messages. Returns the time to the first token, in ms. */
  const ask = async (messages: object[], question: string, conversationId: string): Promise<number> => {
    messages.push(text('user', question))
    const started = performance.now()
    let first = 0
    let answer = ''
    const request = {
      model,
      messages,
      budget: { minPixels: 4 * 784, maxPixels: 16 * 784 },
      contextTokens: CONTEXT_TOKENS,
      maxTokens: ANSWER_TOKENS,
      sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
      ignoreEos: true,
      // the checkouts write different turns around a question where a model has no template
      isRaw: true,
    }
    for await (const event of engine.answer(request, { conversationId }))
      if (event.type === 'text') {
        first ||= performance.now() - started
        answer += event.text ?? ''
      }
    messages.push(text('assistant', answer))
    return first
  }
  const written = async () => Number(/^wchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0)
  const long: object[] = []
  let others = 0
  await ask(long, WORDS.repeat(PROMPT_CHARACTERS / WORDS.length), 'long')
  await pause(IDLE_SAVE_MS + 4000)
  return {
    async take() {
      const before = await written()
      await ask(long, 'Where were we?', 'long')
      await pause(1000)
      const same = await ask(long, 'Next?', 'long')
      await pause(IDLE_SAVE_MS + 20)
      const saving = await ask(long, 'Then?', 'long')
      await pause(1000)
      const other = await ask([], 'Hello?', `other-${others++}`)
      await pause(IDLE_SAVE_MS + 2000)
      return { same, saving, other, written: ((await written()) - before) / MB / 4 }
    },
    async close() {
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function load(root: string): Promise<Checkout> {
  const from = (path: string) => import(pathToFileURL(join(root, path)).href) as Promise<object>
  return Object.assign(
    {},
    await from('main/headless.ts'),
    await from('main/nodePorts.ts'),
    await from('main/bench/syntheticModel.ts'),
  ) as Checkout
}
