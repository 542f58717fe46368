import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { conversationCorpus } from '../../main/testing/conversationCorpus.ts'

/*
 * Runs in the folder of the checkout that is measured, with that checkout's own database and conversations:
 *
 *     fill DATA MEGABYTES     stores made-up conversations with so much text, and one of 2,000 messages, the newest
 *     search DATA             prints the time of each keystroke of some searches, in ms, as JSON
 */
const [task, data = '', megabytes = '0'] = process.argv.slice(2)
const load = (path: string): Promise<unknown> => import(pathToFileURL(join(process.cwd(), path)).href)
const { openStore } = (await load('main/lib/database/index.ts')) as typeof import('../../main/lib/database/index.ts')
const { createConversations } = (await load(
  'main/services/conversations/index.ts',
)) as typeof import('../../main/services/conversations/index.ts')

const LONG_MESSAGES = 2_000
const QUERIES = ['lighthouse', 'the con', 'stopro', 'zq', 'nothing of this kind']
const ROUNDS = 5
const USAGE = { promptTokens: 100, imageTokens: 0, completionTokens: 300, cachedTokens: 0, contextTokens: 4096 }
const TIMINGS = { loadMs: 1, encodeMs: 1, prefillMs: 1, ttftMs: 1, tokensPerSecond: 5 }

mkdirSync(data, { recursive: true })
const store = openStore(data)
let time = Date.UTC(2025, 0)
const conversations = createConversations(store.db, () => (time += 60_000))

/** Stores a question and its finished answer; returns the conversation's id. */
function exchange(conversationId: string | null, question: string, answer: string): string {
  const sent = conversations.ask({ conversationId, parts: [{ type: 'text', text: question }], model: 'demo' })
  conversations.append(sent.answerId, answer)
  conversations.finish(sent.answerId, { status: 'complete', usage: USAGE, timings: TIMINGS })
  return sent.conversationId
}

if (task === 'fill') {
  for (const exchanges of conversationCorpus(Number(megabytes) * 2 ** 20))
    store.db.transaction(() => {
      let id: string | null = null
      for (const { question, answer } of exchanges) id = exchange(id, question, answer)
    })()
  store.db.transaction(() => {
    let id: string | null = null
    let written = 0
    for (const exchanges of conversationCorpus(Number.POSITIVE_INFINITY, 2))
      for (const { question, answer } of exchanges) {
        if (written >= LONG_MESSAGES) return
        id = exchange(
          id,
          question,
          `## Answer ${written}\n\n- one\n- **two**\n\n${answer}\n\n| a | b |\n| - | - |\n| 1 | 2 |`,
        )
        written += 2
      }
  })()
} else {
  const keystrokes = QUERIES.flatMap((query) => Array.from(query, (_, n) => query.slice(0, n + 1)))
  const timeOf = (query: string): number => {
    const started = performance.now()
    conversations.search(query, 30)
    return performance.now() - started
  }
  keystrokes.forEach(timeOf)
  const times = keystrokes.map((query) => Math.min(...Array.from({ length: ROUNDS }, () => timeOf(query))))
  console.log(JSON.stringify(times))
}
store.close()
