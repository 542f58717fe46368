import { Readable } from 'node:stream'
import type { QuestionPart } from '#contract'
import { processMemory } from '../../main/bench/processMemory.ts'
import { median } from '../../main/bench/statistics.ts'
import { startShellProcess } from '../../main/testing/shellProcess.ts'
import type { ShellProcess } from '../../main/testing/shellProcess.ts'
import { openAskAgain } from './askAgain.ts'
import {
  dataFolder,
  databaseBytes,
  fillConversations,
  fillLongConversation,
  MB,
  noisePicture,
  videoBody,
  videoFacts,
  word,
} from './houseData.ts'
import { scale, turns } from './longMeasures.ts'
import { openLast, openWindows } from './windows.ts'
import type { Measure } from './windows.ts'

type Client = Awaited<ReturnType<ShellProcess['connect']>>
interface Sent {
  readonly conversationId: string
  readonly answerId: string
}

const START_BYTES = 50 * MB
const SEARCH_BYTES = 9 * MB
const VIDEO_BYTES = 1000 * MB
const PICTURES = 30
const PICTURE_SIDE = 1600
/** What is typed into the search field, key by key; each is found often. */
const TYPED = ['lokamira', 'shiplu', 'tesu vendor']
/** What is found hardly or not at all once it is typed. */
const TYPED_IN_VAIN = ['zq', 'nothing of this kind']
const LONG_MESSAGES = 2000
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

const start: Measure = {
  name: 'start',
  rows: [{ key: 'ms', what: 'start to usable window, 50 MB of conversations', unit: 'ms', bar: 0.5 }],
  open: (checkout) =>
    openWindows(
      checkout,
      (data) => fillConversations(checkout, data, START_BYTES),
      async (page) => {
        await page.getByRole('navigation', { name: 'Conversations' }).getByRole('button').nth(3).waitFor()
      },
    ),
}

const open: Measure = {
  name: 'open',
  rows: [
    {
      ...{ key: 'open', unit: 'ms', bar: null },
      what: `from the click on a conversation of ${LONG_MESSAGES} messages until its last answer is shown`,
    },
  ],
  open: (checkout) =>
    openWindows(
      checkout,
      (data) => fillLongConversation(checkout, data, LONG_MESSAGES),
      async (page) => {
        // what a start does is over
        await page.waitForFunction(() => performance.now() > 2000)
        return { open: await page.evaluate(openLast) }
      },
    ),
}

const attach: Measure = {
  name: 'attach',
  rows: [
    {
      key: 'growth',
      what: 'attach of a 1 GB video: what it adds to the peak memory of the core',
      unit: 'MB',
      bar: 0.1,
    },
    { key: 'peak', what: 'the same: peak memory of the core, all of it', unit: 'MB', bar: null },
    { key: 'ms', what: 'the same: time', unit: 'ms', bar: null },
  ],
  async open(checkout) {
    return {
      async take() {
        const data = dataFolder(checkout)
        const shell = await startShellProcess({ checkout, data: data.path })
        await shell.upload({ name: 'small.mp4', facts: videoFacts }, videoBody(8 * MB))
        const before = await processMemory(shell.pid)
        const from = performance.now()
        const { status } = await shell.upload({ name: 'large.mp4', facts: videoFacts }, videoBody(VIDEO_BYTES))
        if (status !== 200) throw new Error(`The upload was answered with ${status}.`)
        const ms = performance.now() - from
        const { peak } = await processMemory(shell.pid)
        await shell.end()
        data.remove()
        return { growth: (peak - before.peak) / MB, peak: peak / MB, ms }
      },
      close: async () => {},
    }
  },
}

const count: Measure = {
  name: 'count',
  rows: [{ key: 'ms', what: 'a count while typing, 30 pictures in the conversation', unit: 'ms', bar: 0.1 }],
  async open(checkout) {
    const { client, shell, close } = await openShell(checkout)
    const pictures: QuestionPart[] = []
    for (let i = 0; i < PICTURES; i++) {
      const name = `${i}.png`
      const { answer } = await shell.upload({ name }, Readable.from([await noisePicture(PICTURE_SIDE)]))
      pictures.push({ type: 'image', sha: (answer as { sha: string }).sha, name })
    }
    const sent = await client.ask.send({
      conversationId: null,
      parts: [...pictures, { type: 'text', text: 'What is in each picture?' }],
    })
    await ended(client, sent)
    const { conversationId } = sent
    let typed = ''
    return {
      async take() {
        const times: number[] = []
        for (let i = 0; i < 5; i++) {
          typed += `${word(i)} `
          const from = performance.now()
          await client.ask.count({ conversationId, parts: [{ type: 'text', text: typed }] })
          times.push(performance.now() - from)
        }
        return { ms: median(times) }
      },
      close,
    }
  },
}

const search: Measure = {
  name: 'search',
  rows: [
    { key: 'ms', what: 'a keystroke in the search field, 9 MB of text', unit: 'ms', bar: 0.2 },
    { key: 'longest', what: 'the same: the slowest keystroke', unit: 'ms', bar: null },
    { key: 'little', what: 'the same, in searches that find little or nothing', unit: 'ms', bar: null },
  ],
  async open(checkout) {
    const { client, close } = await openShell(checkout, (data) => fillConversations(checkout, data, SEARCH_BYTES))
    /** The time of each keystroke of some searches, ms. */
    const typing = async (queries: readonly string[]): Promise<number[]> => {
      const times: number[] = []
      for (const query of queries)
        for (let length = 1; length <= query.length; length++) {
          const from = performance.now()
          await client.conversations.search({ query: query.slice(0, length) })
          times.push(performance.now() - from)
        }
      return times
    }
    return {
      async take() {
        const often = await typing(TYPED)
        return { ms: mean(often), longest: Math.max(...often), little: mean(await typing(TYPED_IN_VAIN)) }
      },
      close,
    }
  },
}

const size: Measure = {
  name: 'size',
  once: true,
  rows: [{ key: 'megabytes', what: 'the database for 9 MB of text', unit: 'MB', bar: 0.6 }],
  async open(checkout) {
    const data = dataFolder(checkout)
    await fillConversations(checkout, data.path, SEARCH_BYTES)
    return {
      take: async () => ({ megabytes: databaseBytes(data.path) / MB }),
      close: async () => data.remove(),
    }
  },
}

const answer: Measure = {
  name: 'answer',
  rows: [
    {
      ...{ key: 'other', unit: 'ms', bar: 0.5 },
      what: 'first token of a question asked 1 s after an answer at 8k tokens, in another conversation',
    },
    {
      ...{ key: 'saving', unit: 'ms', bar: 0.5 },
      what: 'the same asked 3 s after it, in the same conversation: while its KV state is saved',
    },
    { key: 'same', what: 'the same asked 1 s after it, in the same conversation', unit: 'ms', bar: null },
    { key: 'written', what: 'written to the disk for each question', unit: 'MB', bar: null },
  ],
  open: openAskAgain,
}

export const measures: readonly Measure[] = [start, open, scale, turns, attach, count, search, size, answer]

/** A shell of a checkout on a folder of its own; `prepare` fills that first. */
async function openShell(
  checkout: string,
  prepare: (data: string) => Promise<void> = async () => {},
): Promise<{ shell: ShellProcess; client: Client; close: () => Promise<void> }> {
  const data = dataFolder(checkout)
  await prepare(data.path)
  const shell = await startShellProcess({
    checkout,
    data: data.path,
    environment: { XDG_CACHE_HOME: `${data.path}/cache` },
  })
  const close = async () => {
    await shell.end()
    data.remove()
  }
  return { shell, client: await shell.connect(), close }
}

/** Resolves when the answer has ended. */
async function ended(client: Client, { conversationId, answerId }: Sent): Promise<void> {
  for await (const event of await client.conversations.watch({ id: conversationId })) {
    const messages = event.type === 'snapshot' ? event.messages : event.type === 'message' ? [event.message] : []
    const found = messages.find(({ id }) => id === answerId)
    if (found?.error) throw new Error(found.error.message)
    if (found && found.status !== 'streaming') return
  }
}
