import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { electronArguments, electronEnvironment } from '../../support/apps.ts'
import { expect, test } from '../../support/electronFixtures.ts'
import { electronProgram, root } from '../../support/electronProgram.ts'

test('files that a second start names are in the question of a new conversation', async ({ desktop, chat, data }) => {
  await chat.ask('Hello')
  await chat.ended()
  writeFileSync(join(data, 'notes.txt'), 'Milk and bread.\n')
  const named = [join('resources', 'samples', 'red-circle.png'), join(data, 'notes.txt'), join(data, 'gone.png')]
  const second = spawn(electronProgram().path, [...electronArguments(data), ...named], {
    cwd: root,
    env: electronEnvironment(),
    stdio: 'ignore',
  })
  await once(second, 'exit')
  await expect(chat.tray).toHaveCount(1)
  await expect(chat.tray).toHaveAttribute('aria-label', /red-circle\.png/)
  await expect(chat.refusals).toContainText('notes.txt is a text file')
  await expect(chat.questions).toHaveCount(0)
  await chat.ask('What is in this picture?')
  await expect((await chat.ended()).getByTestId('answer-text')).toContainText(/red circle/i)
  expect(desktop.electron.windows()).toHaveLength(1)
})
