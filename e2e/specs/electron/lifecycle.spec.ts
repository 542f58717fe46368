import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addModel } from '../../pages/models.ts'
import { electronArguments, electronEnvironment } from '../../support/apps.ts'
import { expect, test } from '../../support/electronFixtures.ts'
import { electronProgram, root } from '../../support/electronProgram.ts'
import { patientModel, untilStopped } from '../../support/patientModel.ts'
import { childProcesses, engineProcess, haveEnded, isRunning, processesBelow } from '../../support/processes.ts'
import { recordShownText } from '../../support/shownText.ts'

test('a second start brings the first window to the front and ends', async ({ desktop, data }) => {
  await desktop.electron.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows()
    Object.assign(globalThis, { focused: 0 })
    const focus = window?.focus.bind(window)
    if (window)
      window.focus = () => {
        ;(globalThis as unknown as { focused: number }).focused++
        focus?.()
      }
  })
  const second = spawn(electronProgram().path, electronArguments(data), {
    cwd: root,
    env: electronEnvironment(),
    stdio: 'ignore',
  })
  const [code] = (await once(second, 'exit')) as [number]
  expect(code).toBe(0)
  await expect
    .poll(() => desktop.electron.evaluate(() => (globalThis as unknown as { focused: number }).focused))
    .toBe(1)
  expect(desktop.electron.windows()).toHaveLength(1)
})

test('the engine runs in its own process and ends with the app', async ({ desktop, chat }) => {
  await chat.ask('Hello')
  await chat.ended()
  const engine = await engineProcess(desktop.pid)
  expect(engine).not.toBe(desktop.pid)
  await desktop.quit()
  await expect.poll(() => isRunning(engine)).toBe(false)
})

test.describe('a signal of a terminal, which goes to all processes of the app', () => {
  test.skip(process.platform === 'win32', 'there are no groups of processes')
  test.use({ chosen: untilStopped })

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    test(`${signal} ends it cleanly, and what was being answered is in place at the next start`, async ({
      desktop,
      data,
      chat,
    }) => {
      await addModel(chat.page, patientModel())
      const shown = await recordShownText(chat.page)
      await chat.ask('Hello')
      await shown.grown(3)
      const main = desktop.electron.process()
      const below = processesBelow(desktop.pid)
      const ended = once(main, 'exit')
      process.kill(-desktop.pid, signal)
      expect(await ended).toEqual([0, null])
      await haveEnded(below)
      const log = readFileSync(join(data, 'data/logs/core.log'), 'utf8').trim().split('\n')
      expect(JSON.parse(log.at(-1) ?? '')).toMatchObject({ event: 'core.closed' })
      // no worker ended before the core did so to it
      expect(log.filter((line) => /"level":"error".*"event":"process.ended"/.test(line))).toEqual([])
      await desktop.restart()
      await chat.page
        .getByRole('navigation', { name: 'Conversations' })
        .getByRole('button', { name: 'Hello', exact: true })
        .click()
      const answer = chat.answers.first()
      await expect(answer).toHaveAttribute('data-status', 'interrupted')
      const kept = await answer.getByTestId('answer-text').innerText()
      expect(kept.startsWith(shown.longest().trimEnd())).toBe(true)
    })
})

test('the window comes back where its user put it, and maximised when it was', async ({ desktop }) => {
  const place = () =>
    desktop.electron.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      return { bounds: window?.getNormalBounds(), maximised: window?.isMaximized(), size: window?.getBounds() }
    })
  const startAgain = async () => {
    await desktop.quit()
    await desktop.restart()
    await desktop.page.getByRole('textbox', { name: 'Question' }).waitFor()
  }
  const chosen = { x: 137, y: 91, width: 903, height: 671 }
  expect((await place()).bounds).not.toEqual(chosen)
  await desktop.electron.evaluate(({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to), chosen)
  await startAgain()
  expect(await place()).toMatchObject({ bounds: chosen, maximised: false, size: chosen })

  await desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.maximize())
  const { size } = await place()
  expect(size?.width).toBeGreaterThan(chosen.width)
  await startAgain()
  expect(await place()).toEqual({ bounds: chosen, maximised: true, size })
})

/** The process of the core below the app's, once it is there. */
async function coreProcess(app: number): Promise<number> {
  const find = () => childProcesses(app, /electron[/\\]core\.js|Sightline core/)[0]
  await expect.poll(find, { message: 'the core process' }).toBeDefined()
  return find() as number
}

test('when the core ends the window says so; after a restart it goes on with its conversation and its draft', async ({
  desktop,
  chat,
}) => {
  await chat.ask('Hello')
  const answer = await (await chat.ended()).getByTestId('answer-text').innerText()
  await chat.question.fill('And now?')
  const core = await coreProcess(desktop.pid)
  const engine = await engineProcess(desktop.pid)
  process.kill(core, 'SIGKILL')
  const banner = chat.page.getByTestId('connection-banner')
  await expect(banner).toContainText('Sightline has stopped behind this window')
  await expect.poll(() => isRunning(engine), { message: 'its engine ends with it' }).toBe(false)
  await expect(chat.question).toHaveValue('And now?')
  await banner.getByRole('button', { name: 'Restart' }).click()
  await expect(banner).toBeHidden()
  expect(await coreProcess(desktop.pid)).not.toBe(core)
  await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(answer)
  await expect(chat.question).toHaveValue('And now?')
  await chat.question.press('Enter')
  await expect(chat.answers).toHaveCount(2)
  await chat.ended()
})

test('a core that hangs does not hold the app when it quits, however often that is asked', async ({
  desktop,
  chat,
}) => {
  await chat.ask('Hello')
  await chat.ended()
  process.kill(await coreProcess(desktop.pid), 'SIGSTOP')
  const main = desktop.electron.process()
  const ended = once(main, 'exit')
  main.kill('SIGTERM')
  main.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
})
