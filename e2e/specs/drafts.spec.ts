import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { holdFrame, video, VideoPage } from '../pages/video.ts'
import { expect, test } from '../support/fixtures.ts'
import { savedDraft } from '../support/savedDraft.ts'

test('a question that is being composed survives a reload and the end of the app: words, pictures, a trimmed video', async ({
  app,
  chat,
  data,
  shell,
}) => {
  const composed = async (text: string): Promise<void> => {
    const videos = new VideoPage(chat.page)
    await expect(chat.question).toHaveValue(text)
    await expect(chat.tray).toHaveCount(2)
    await expect(videos.tiles).toHaveCount(1)
    await expect(chat.button('Send')).toBeEnabled()
    await videos.open(1)
    await expect(videos.edge('Out')).toHaveAttribute('aria-valuetext', '0:03.0')
    await expect(videos.cost).toContainText('6 frames')
    await videos.close()
  }
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await chat.drop(video('right-then-down.mp4'))
  const videos = new VideoPage(chat.page)
  await expect(videos.tiles).toHaveCount(1)
  await videos.open(1)
  await expect(videos.cost).toContainText('12 frames')
  await videos.edge('Out').focus()
  for (let i = 0; i < 3; i++) await chat.page.keyboard.press('Shift+ArrowLeft')
  await expect(videos.cost).toContainText('6 frames')
  await videos.close()
  await chat.question.fill('Which way does it ')
  await chat.question.press('End')
  await chat.question.pressSequentially('move?')
  // what is not stored yet cannot outlive the page that has its file
  await expect(chat.tray.getByRole('progressbar')).toHaveCount(0)

  // in mid typing: what was typed last is saved as the page goes away, over a port only where the stand-in is not between
  if (shell === 'electron') await expect.poll(() => savedDraft(join(data, 'data'))).toContain('Which way does it move?')
  await chat.page.reload()
  await chat.ready()
  await composed('Which way does it move?')

  await app.kill()
  await app.restart()
  await chat.ready()
  await composed('Which way does it move?')

  await chat.button('Send').click()
  await chat.ended()
  await expect(chat.questions.first()).toContainText('0:00.0–0:03.0 of 0:06 · 6 frames seen')
  await expect(chat.questions.first().getByRole('img').first()).toBeVisible()
  await expect(chat.question).toHaveValue('')
  await chat.page.reload()
  await expect(chat.answers).toHaveCount(1)
  await expect(chat.question).toHaveValue('')
  await expect(chat.tray).toHaveCount(0)
  await chat.page
    .getByRole('button', { name: /^New conversation/ })
    .first()
    .click()
  await expect(chat.answers).toHaveCount(0)
  await expect(chat.question).toHaveValue('')
  await expect(chat.tray).toHaveCount(0)
})

test('a question that waits for frames that are gone says how far they are, can be given up, and keeps what is dropped', async ({
  chat,
  data,
  shell,
}) => {
  const videos = new VideoPage(chat.page)
  await chat.drop(video('right-then-down.mp4'))
  await expect(videos.tiles).toHaveCount(1)
  await chat.ask('Which way does it move?')
  await chat.ended()
  const frames = join(shell === 'electron' ? join(data, 'data') : data, 'frames')
  const loseFrames = (): void => {
    for (const name of readdirSync(frames))
      if (/^[0-9a-f]{2}$/.test(name)) rmSync(join(frames, name), { recursive: true })
  }
  // frames are held back, so that there is something to give up
  const letGo = await holdFrame(chat.page, 3)
  loseFrames()
  await chat.ask('And then?')
  const note = chat.page.getByRole('status').filter({ hasText: 'right-then-down.mp4 again' })
  await expect(note).toContainText('3 of 12 frames')
  await expect(chat.question).not.toBeEditable()
  await chat.drop('red-circle.png')
  await expect(chat.tray).toHaveCount(1)
  await note.getByRole('button', { name: 'Cancel' }).click()
  await expect(note).toHaveCount(0)
  await expect(chat.question).toBeEditable()
  await expect(chat.question).toHaveValue('And then?')
  await expect(chat.page.getByRole('form', { name: 'Ask' }).getByRole('alert')).toHaveCount(0)
  await expect(chat.questions).toHaveCount(1)

  // given up is given up for now: what is asked again reads on, and takes along what the tray has now
  await expect(chat.button('Send')).toBeEnabled()
  await chat.button('Send').click()
  await expect(note).toContainText('3 of 12 frames')
  await chat.drop('blue-square.png')
  await expect(chat.tray).toHaveCount(2)
  await letGo()
  await expect(chat.questions).toHaveCount(2)
  await chat.ended()
  await expect(chat.questions.last()).toContainText('And then?')
  await expect(chat.tray, 'what came while it was sent stays').toHaveCount(1)
  await expect(chat.question).toHaveValue('')

  // asking for an answer again waits in the same way
  await holdFrame(chat.page, 3)
  loseFrames()
  await chat.button('Answer again').last().click()
  await expect(note).toContainText('3 of 12 frames')
  await note.getByRole('button', { name: 'Cancel' }).click()
  await expect(note).toHaveCount(0)
  await expect(chat.page.getByRole('alert')).toHaveCount(0)
  await expect(chat.answers).toHaveCount(2)
})
