import type { Page } from '@playwright/test'
import { fillScale, SCALE } from './scaleData.ts'
import { fillLongConversation } from './houseData.ts'
import { openLast, openWindows } from './windows.ts'
import type { Measure } from './windows.ts'

const KEYS = 60
const LONG_TURNS = 150

const of = `${SCALE.messages} messages with ${SCALE.pictures} pictures, among ${SCALE.conversations} conversations`

/** A window with a very long conversation and a very long list: its first paint, opening, memory, and typing. */
export const scale: Measure = {
  name: 'scale',
  rows: [
    { key: 'paint', what: 'first paint of the app', unit: 'ms', bar: 0.7 },
    {
      key: 'open',
      what: `from the click on a conversation of ${of} until its last answer is shown`,
      unit: 'ms',
      bar: 0.1,
    },
    { key: 'heap', what: 'the same: JavaScript heap of the window after it, collected', unit: 'MB', bar: 0.2 },
    { key: 'nodes', what: 'the same: nodes of the window', unit: '', bar: null },
    {
      key: 'typing',
      what: 'the same: work of a key that is typed in it, 95th percentile',
      unit: 'ms',
      bar: null,
      most: 16,
    },
  ],
  open: (checkout) =>
    openWindows(
      checkout,
      (data) => fillScale(checkout, data),
      async (page) => {
        await page.waitForFunction(() => performance.now() > 3000)
        const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]!.startTime)
        const open = await page.evaluate(openLast)
        return { paint, open, ...(await memory(page)), typing: await typing(page) }
      },
    ),
}

/** 150 long turns, as the walk through the first window counted them. */
export const turns: Measure = {
  name: 'turns',
  rows: [
    {
      key: 'open',
      what: `from the click on ${LONG_TURNS} long turns until the last answer is shown`,
      unit: 'ms',
      bar: 0.2,
    },
  ],
  open: (checkout) =>
    openWindows(
      checkout,
      (data) => fillLongConversation(checkout, data, 2 * LONG_TURNS),
      async (page) => {
        await page.waitForFunction(() => performance.now() > 2000)
        return { open: await page.evaluate(openLast) }
      },
    ),
}

/** What the window holds once garbage is collected. */
async function memory(page: Page): Promise<{ heap: number; nodes: number }> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  for (let n = 0; n < 3; n++) await session.send('HeapProfiler.collectGarbage')
  const { metrics } = await session.send('Performance.getMetrics')
  const value = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN
  await session.detach()
  return { heap: value('JSHeapUsedSize') / 1e6, nodes: value('Nodes') }
}

/** What the window does for a key until what it changed is laid out, in ms; without the wait for the next frame. */
async function typing(page: Page): Promise<number> {
  const field = page.locator('textarea:enabled:not([readonly])')
  await field.click()
  await page.evaluate(() => {
    const times: number[] = []
    ;(globalThis as { keyTimes?: number[] }).keyTimes = times
    let from = 0
    const channel = new MessageChannel()
    channel.port1.onmessage = () => {
      void document.body.offsetHeight
      times.push(performance.now() - from)
    }
    addEventListener('keydown', () => (from = performance.now()), true)
    addEventListener('input', () => channel.port2.postMessage(null))
  })
  for (let n = 0; n < KEYS; n++) await page.keyboard.type('seen from afar '[n % 15]!, { delay: 20 })
  const times = await page.evaluate(() => (globalThis as { keyTimes?: number[] }).keyTimes!)
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!
}
