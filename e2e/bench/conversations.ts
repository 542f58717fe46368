import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { findChromium, installHint } from '../../build/chromium.ts'
import { root } from '../support/electronProgram.ts'
import { openPage, startCore } from './startApp.ts'

/** What is measured of one checkout of the project. */
export interface ConversationFigures {
  /** From the start of the core until the window can be used, with `START_MB` of conversations, in ms. */
  readonly startMs: number
  /** A keystroke of the search in `SEARCH_MB` of text, the mean over several searches, in ms; and the slowest one. */
  readonly searchMs: number
  readonly slowestSearchMs: number
  /** Size of the database with `SEARCH_MB` of text, in bytes. */
  readonly databaseBytes: number
  /** From the click on a conversation of 2,000 messages until its last answer is shown, in ms. */
  readonly openMs: number
}

const START_MB = 50
const SEARCH_MB = 9
const TIMEOUT_MS = 5 * 60_000
const POLL_MS = 5
const CHOOSE = `const { choose } = await import('./e2e/support/fixtures.ts'); choose(process.argv[1], { firstRunDone: true })`
const IS_USABLE = `document.querySelector('[data-conversation-link]') !== null && document.querySelector('textarea[aria-label=Question]') !== null`
const LONGEST_FIRST = `document.querySelector('[data-conversation-link]')`
const IS_OPEN = `(() => {
  const scroller = document.querySelector('[data-testid=conversation-scroll]')
  const last = [...document.querySelectorAll('article')].at(-1)
  return last?.querySelector('table') != null && last.getBoundingClientRect().bottom <= scroller.getBoundingClientRect().bottom + 60
})()`

const folder = join(root, 'test-results/bench')
const store = join(import.meta.dirname, 'conversationStore.ts')
const inCheckout = (from: string, ...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: from, encoding: 'utf8', maxBuffer: 2 ** 26 })

/** A data folder with `megabytes` of conversations as the checkout `from` stores them; made once, closed cleanly. */
function dataOf(from: string, megabytes: number): string {
  const data = join(folder, `conversations-${megabytes}-${createHash('sha256').update(from).digest('hex').slice(0, 8)}`)
  if (existsSync(data)) return data
  mkdirSync(folder, { recursive: true })
  const part = `${data}.part`
  rmSync(part, { recursive: true, force: true })
  inCheckout(from, store, 'fill', part, String(megabytes))
  inCheckout(from, '--input-type=module', '-e', CHOOSE, part)
  renameSync(part, data)
  return data
}

/** Opens the window of the checkout `from` in a browser that already runs. */
async function measureWindow(
  executable: string,
  from: string,
): Promise<Pick<ConversationFigures, 'startMs' | 'openMs'>> {
  const data = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  cpSync(dataOf(from, START_MB), data, { recursive: true, preserveTimestamps: true })
  // opened and closed once, as yesterday: what a copied file costs is not what is measured
  await (await startCore(data, from)).end()
  const blank = createServer((_, response) => response.end('<title>Wait</title>')).listen(0, '127.0.0.1')
  await once(blank, 'listening')
  const page = await openPage(executable, `http://127.0.0.1:${(blank.address() as AddressInfo).port}/`)
  try {
    const started = performance.now()
    const core = await startCore(data, from)
    try {
      await page.evaluate(`location.href = ${JSON.stringify(core.address)}`)
      await page.until(IS_USABLE, TIMEOUT_MS, POLL_MS)
      const startMs = performance.now() - started
      await page.until(`performance.now() > 2000`, TIMEOUT_MS)
      const clicked = performance.now()
      await page.evaluate(`${LONGEST_FIRST}.click()`)
      await page.until(IS_OPEN, TIMEOUT_MS, POLL_MS)
      return { startMs, openMs: performance.now() - clicked }
    } finally {
      await core.end()
    }
  } finally {
    await page.close()
    blank.close()
    rmSync(data, { recursive: true, force: true })
  }
}

function measureStore(from: string): Omit<ConversationFigures, 'startMs' | 'openMs'> {
  const data = dataOf(from, SEARCH_MB)
  const times = JSON.parse(inCheckout(from, store, 'search', data)) as number[]
  return {
    searchMs: times.reduce((sum, time) => sum + time, 0) / times.length,
    slowestSearchMs: Math.max(...times),
    databaseBytes: statSync(join(data, 'sightline.db')).size,
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number

/**
 * The figures of each checkout in `roots` (built before), the median of `rounds` that take turns, so that what else the
 * computer does meets all of them alike. Filling the databases takes minutes the first time.
 */
export async function benchConversations(
  executable: string,
  roots: readonly string[],
  rounds: number,
): Promise<ConversationFigures[]> {
  for (const from of roots) for (const megabytes of [START_MB, SEARCH_MB]) dataOf(from, megabytes)
  const measured = roots.map((): ConversationFigures[] => [])
  for (let round = 0; round < rounds; round++)
    for (const [n, from] of roots.entries())
      measured[n]?.push({ ...(await measureWindow(executable, from)), ...measureStore(from) })
  return measured.map((all) => {
    const of = (name: keyof ConversationFigures) => median(all.map((figures) => figures[name]))
    return {
      startMs: of('startMs'),
      searchMs: of('searchMs'),
      slowestSearchMs: of('slowestSearchMs'),
      databaseBytes: of('databaseBytes'),
      openMs: of('openMs'),
    }
  })
}

/*
 * How fast conversations are found and shown, and how much space they take:
 *
 *     node e2e/bench/conversations.ts [--against DIR] [--rounds 3]      DIR: another checkout of the project, built
 */
if (import.meta.main) {
  const { values } = parseArgs({ options: { against: { type: 'string' }, rounds: { type: 'string', default: '3' } } })
  const executable = findChromium()
  if (!executable) throw new Error(installHint)
  const roots = [root, ...(values.against ? [values.against] : [])]
  const [own, other] = await benchConversations(executable, roots, Number(values.rounds))
  if (!own) throw new Error('Nothing was measured.')
  const lines: [string, keyof ConversationFigures, number, string][] = [
    [`start to usable window with ${START_MB} MB of conversations`, 'startMs', 1, 'ms'],
    [`search keystroke at ${SEARCH_MB} MB of text`, 'searchMs', 1, 'ms'],
    ['the slowest keystroke', 'slowestSearchMs', 1, 'ms'],
    [`database with ${SEARCH_MB} MB of text`, 'databaseBytes', 2 ** 20, 'MB'],
    ['opening a conversation of 2,000 messages', 'openMs', 1, 'ms'],
  ]
  for (const [name, key, unit, sign] of lines) {
    const compared = other
      ? ` (there ${(other[key] / unit).toFixed(2)} ${sign}, ratio ${(own[key] / other[key]).toFixed(3)})`
      : ''
    process.stdout.write(`${name}: ${(own[key] / unit).toFixed(2)} ${sign}${compared}\n`)
  }
}
