import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { electronArguments, electronEnvironment } from '../../support/electronApp.ts'
import { electronProgram, root } from '../../support/electronProgram.ts'
import { expect, test } from '../../support/electronFixtures.ts'
import { engineProcess, isRunning } from '../../support/processes.ts'

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

test('SIGTERM ends the app cleanly, with what was said in place at the next start', async ({ desktop, chat }) => {
  await chat.ask('Hello')
  const answer = await (await chat.ended()).getByTestId('answer-text').innerText()
  const main = desktop.electron.process()
  const ended = once(main, 'exit')
  main.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  await desktop.restart()
  await chat.page
    .getByRole('navigation', { name: 'Conversations' })
    .getByRole('button', { name: 'Hello', exact: true })
    .click()
  await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(answer)
})

test('the window comes back where it was', async ({ desktop }) => {
  const before = await desktop.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getNormalBounds(),
  )
  await desktop.quit()
  await desktop.restart()
  await desktop.page.getByRole('textbox', { name: 'Question' }).waitFor()
  const after = await desktop.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.getNormalBounds(),
  )
  expect(after).toEqual(before)
})
