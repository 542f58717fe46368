import {
  closeSync,
  copyFileSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ChatPage } from '../pages/chat.ts'
import { addModel } from '../pages/models.ts'
import { ElectronApp } from '../support/apps.ts'
import { root } from '../support/electronProgram.ts'
import { choose } from '../support/fixtures.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'
import { recordShownText } from '../support/shownText.ts'
import { MB, fillConversations } from './houseData.ts'
import { fillScale, SCALE } from './scaleData.ts'
import { traceMain, traceRenderer } from './tasks.ts'

/**
 * Traces the desktop shell (Electron, or the stand-in where its binary is missing) during an answer below thousands of
 * messages, an answer with a picture, a search in 9 MB of
 * text and an attach of 2 GB, and prints the longest tasks of its main process and of its window with what they did:
 *
 *     npm run build && npm run trace
 *
 * Linux only: the time for which a thread waited for a processor, because others used them, does not count. Exits with 1
 * when a task took longer than 50 ms.
 */
const LIMIT_MS = 50
const SHOWN = 5
const ANSWER_MS = 10_000
/** Conversations beside the long one; what a longer list costs is not measured here. */
const LISTED = 200
const FILE_BYTES = 2000 * MB

const folder = mkdtempSync(join(tmpdir(), 'sightline-trace-'))
const data = join(folder, 'data')
choose(data, { firstRunDone: true, ...untilStopped })
await fillConversations(root, data, 9 * MB)
await fillScale(root, data, LISTED)
const app = await ElectronApp.start(folder)
const chat = new ChatPage(() => app.page)
await chat.ready()
let isWithin = true
await addModel(chat.page, patientModel('Z', 0))
await chat.page.locator('[data-conversation-link]').first().click()
await chat.answers.last().getByRole('table').waitFor()
await during(`an answer below ${SCALE.messages} messages`, async () => {
  const shown = await recordShownText(chat.page)
  await chat.ask('Go on')
  await shown.grown(3)
  const [from, length] = [performance.now(), shown.longest().length]
  await pause(ANSWER_MS)
  const speed = (shown.longest().length - length) / ((performance.now() - from) / 1000)
  await chat.stop.click()
  await chat.ended()
  print(`\n${speed.toFixed(0)} tokens a second were written`)
})
await addModel(chat.page, patientModel())
await chat.button('New conversation').click()
await during('an answer', async () => {
  const shown = await recordShownText(chat.page)
  await chat.drop('red-circle.png')
  await chat.ask('What is in the picture?')
  await shown.grown(3)
  await pause(ANSWER_MS)
  await chat.stop.click()
  await chat.ended()
})
await during('a search in 9 MB of text', async () => {
  const field = chat.page.getByRole('searchbox', { name: 'Search conversations' })
  await field.pressSequentially('lokamira shiplu', { delay: 100 })
  await chat.page.locator('mark').first().waitFor()
  await field.fill('')
})
await during('an attach of 2 GB', async () => {
  await chat.page.getByTestId('file-input').setInputFiles(largeVideo())
  await chat.page.getByRole('button', { name: /^Open video 1/ }).waitFor()
  while (!isStored()) await pause(50)
})
await app.quit()
rmSync(folder, { recursive: true, force: true })
process.exitCode = isWithin ? 0 : 1

/** Does something under both traces and prints the longest tasks of each thread. */
async function during(what: string, work: () => Promise<void>): Promise<void> {
  const main = await traceMain(app.electron)
  const renderer = await traceRenderer(chat.page)
  const from = performance.now()
  await work()
  const seconds = (performance.now() - from) / 1000
  for (const [thread, tasks] of [
    ['main process', await main()],
    ['window', await renderer()],
  ] as const) {
    const long = tasks.filter(({ ms }) => ms > LIMIT_MS).length
    if (long > 0) isWithin = false
    print(`\n${what} (${seconds.toFixed(1)} s), ${thread}: ${long} tasks over ${LIMIT_MS} ms; the longest:`)
    for (const { ms, cause } of tasks.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN))
      print(`  ${ms.toFixed(1).padStart(7)} ms  ${cause}`)
  }
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Whether the file is in its place, under its hash. */
function isStored(): boolean {
  const attachments = join(data, 'attachments')
  const names = existsSync(attachments) ? readdirSync(attachments, { recursive: true, encoding: 'utf8' }) : []
  return names.some(
    (name) => /(^|\/)[0-9a-f]{64}[^/]*$/.test(name) && statSync(join(attachments, name)).size === FILE_BYTES,
  )
}

/** A video that is played in full and is followed by nothing, 2 GB of it: most of the file is a hole. */
function largeVideo(): string {
  const path = join(folder, 'large.mp4')
  copyFileSync(join(root, 'e2e/fixtures/right-then-down.mp4'), path)
  const file = openSync(path, 'r+')
  const { size } = statSync(path)
  const box = Buffer.alloc(8)
  box.writeUInt32BE(FILE_BYTES - size)
  box.write('free', 4, 'latin1')
  writeSync(file, box, 0, box.length, size)
  ftruncateSync(file, FILE_BYTES)
  closeSync(file)
  return path
}
