import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Milliseconds from sending a question until its first token, asked in a conversation of about 8,000 tokens. */
export interface AskAgain {
  /** The next question of the same conversation, one second after its last answer. */
  readonly afterOneSecond: number[]
  /** The same one while the idle engine saves the KV state: just after the three seconds for which it waits. */
  readonly whileSaving: number[]
  /** A short question in another conversation, one second after the last answer in the long one. */
  readonly inAnother: number[]
  /** Bytes that the engine's process wrote to disk meanwhile, for each question that was asked. */
  readonly writtenPerQuestion: number
}

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
const PROMPT_CHARACTERS = 22_000
const CONTEXT_TOKENS = 16_384
const IDLE_SAVE_MS = 3000

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

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

async function load(root: string): Promise<Checkout> {
  const from = (path: string) => import(pathToFileURL(join(root, path)).href) as Promise<object>
  return Object.assign(
    {},
    await from('main/headless.ts'),
    await from('main/nodePorts.ts'),
    await from('main/bench/syntheticModel.ts'),
  ) as Checkout
}

/** Measures the checkout in `root`, `rounds` times. `folder` keeps the synthetic model's files for the next run. */
export async function askAgain(root: string, folder: string, rounds: number): Promise<AskAgain> {
  const { createHeadless, forkWorker, syntheticModel } = await load(root)
  const model = await syntheticModel(folder, SHAPE)
  const cache = mkdtempSync(join(tmpdir(), 'sightline-ask-again-'))
  let pid = 0
  const spawnWorker = (name: string) => {
    const worker = forkWorker(name)
    pid = worker.pid ?? 0
    return worker
  }
  const { engine } = createHeadless({ spawnWorker, paths: { resources: join(root, 'resources'), cache } })
  const text = (role: string, words: string) => ({ role, content: [{ type: 'text', text: words }] })
  /** Asks, and adds the answer to the messages. Returns the time to the first token, in ms. */
  const ask = async (messages: object[], question: string, conversationId: string): Promise<number> => {
    messages.push(text('user', question))
    const started = performance.now()
    let first = 0
    let said = ''
    const request = {
      model,
      messages,
      budget: { minPixels: 4 * 784, maxPixels: 16 * 784 },
      contextTokens: CONTEXT_TOKENS,
      maxTokens: 16,
      sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null },
      ignoreEos: true,
    }
    for await (const event of engine.answer(request, { conversationId }))
      if (event.type === 'text') {
        first ||= performance.now() - started
        said += event.text ?? ''
      } else if (event.type === 'done' && process.env['ASK_AGAIN_TIMINGS'])
        console.error(
          conversationId,
          first,
          JSON.stringify((event as { result?: { usage: object; timings: object } }).result?.usage),
          JSON.stringify((event as { result?: { timings: object } }).result?.timings),
        )
    messages.push(text('assistant', said))
    return first
  }
  const written = async () => Number(/^wchar: (\d+)/m.exec(await readFile(`/proc/${pid}/io`, 'utf8'))?.[1] ?? 0)
  const figures = { afterOneSecond: [] as number[], whileSaving: [] as number[], inAnother: [] as number[] }
  try {
    const long: object[] = []
    const other: object[] = []
    await ask(long, 'amber bridge candle desert engine forest '.repeat(PROMPT_CHARACTERS / 41), 'long')
    let asked = 1
    for (let round = 0; round < rounds; round++) {
      await pause(1000)
      figures.afterOneSecond.push(await ask(long, 'What comes next?', 'long'))
      await pause(IDLE_SAVE_MS + 20)
      figures.whileSaving.push(await ask(long, 'And after that?', 'long'))
      await pause(1000)
      figures.inAnother.push(await ask(other, 'Hello?', `other-${round}`))
      other.length = 0
      await ask(long, 'Where were we?', 'long')
      asked += 4
    }
    await pause(IDLE_SAVE_MS + 4000)
    return { ...figures, writtenPerQuestion: Math.round((await written()) / asked) }
  } finally {
    await engine.close()
    rmSync(cache, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  const [root = '.', folder = join(tmpdir(), 'sightline-bench'), rounds = '3'] = process.argv.slice(2)
  console.log(JSON.stringify(await askAgain(resolve(root), resolve(folder), Number(rounds))))
  // workers of the core keep the process alive
  process.exit(0)
}
