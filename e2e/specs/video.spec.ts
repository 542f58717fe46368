import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { holdFrame, video, VideoPage } from '../pages/video.ts'
import { root } from '../support/electronProgram.ts'
import { expect, test } from '../support/fixtures.ts'

for (const { file, way } of [
  { file: 'right-then-down.mp4', way: /right/i },
  { file: 'left-then-up.webm', way: /left/i },
]) {
  test(`${file} is dropped, trimmed to its first half, and the model says which way the thing moves there`, async ({
    chat,
  }) => {
    const videos = new VideoPage(chat.page)
    await chat.drop(video(file))
    await expect(videos.tiles).toHaveCount(1)
    await videos.open()
    await expect(videos.cost).toContainText('12 frames')
    await videos.edge('Out').focus()
    for (let i = 0; i < 3; i++) await chat.page.keyboard.press('Shift+ArrowLeft')
    await expect(videos.edge('Out')).toHaveAttribute('aria-valuetext', '0:03.0')
    await expect(videos.cost).toContainText('6 frames')
    await expect(videos.strip).toHaveCount(6)
    // each frame as the model gets it
    for (const frame of await videos.strip.getByRole('presentation').all())
      await expect.poll(() => frame.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
    await videos.close()
    await chat.ask('Which way does it move?')
    const answer = await chat.ended()
    await expect(chat.questions.first()).toContainText('0:00.0–0:03.0 of 0:06 · 6 frames seen')
    await expect(answer.getByTestId('answer-text')).toContainText(way)
    await expect(answer.getByTestId('answer-text')).not.toContainText(/up|down/i)
  })
}

/** What this computer's ffmpeg makes; its file's name tells the container. */
function made(name: string, type: string, ...args: string[]): { name: string; type: string; bytes: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-e2e-'))
  try {
    execFileSync('ffmpeg', ['-v', 'error', ...args, join(folder, name)])
    return { name, type, bytes: readFileSync(join(folder, name)) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
const hasFfmpeg = !spawnSync('ffmpeg', ['-version']).error
const right = join(root, 'e2e/fixtures/right-then-down.mp4')

for (const { name, type, codec, says } of [
  { name: 'old.avi', type: 'video/x-msvideo', codec: ['-c:v', 'mpeg4', '-q:v', '2'], says: 'MPEG-4 Part 2' },
  { name: 'news.wmv', type: 'video/x-ms-wmv', codec: ['-c:v', 'wmv2', '-q:v', '2'], says: 'Windows Media Video 8' },
  { name: 'free.ogv', type: 'video/ogg', codec: ['-c:v', 'libtheora', '-q:v', '9'], says: 'Theora' },
  { name: 'broadcast.ts', type: '', codec: ['-c:v', 'mpeg2video', '-q:v', '2'], says: 'MPEG-2' },
]) {
  test(`${name}, which this window cannot decode, is read by the ffmpeg of this computer, and its frames show what is in it`, async ({
    chat,
  }) => {
    test.skip(!hasFfmpeg, 'ffmpeg is not installed')
    const videos = new VideoPage(chat.page)
    await chat.drop(made(name, type, '-i', right, ...codec))
    await expect(videos.tiles).toHaveCount(1)
    await videos.open()
    await expect(videos.dialog).toContainText(says)
    await expect(videos.cost).toContainText('12 frames')
    await expect(videos.strip).toHaveCount(12)
    for (const frame of await videos.strip.getByRole('presentation').all())
      await expect.poll(() => frame.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
    await videos.close()
    await chat.ask('Which way does it move?')
    await expect((await chat.ended()).getByTestId('answer-text')).toContainText(/right/i)
  })
}

test('a file without video is called what it is, and its cover picture is asked about instead', async ({ chat }) => {
  test.skip(!hasFfmpeg, 'ffmpeg is not installed')
  const sound = ['-f', 'lavfi', '-i', 'sine=duration=1']
  const cover = [
    '-i',
    join(root, 'resources/samples/red-circle.png'),
    '-map',
    '0',
    '-map',
    '1',
    '-c:v',
    'mjpeg',
    '-disposition:v:0',
    'attached_pic',
  ]
  for (const file of [
    made('memo.mp4', 'video/mp4', ...sound, '-c:a', 'aac'),
    made('memo.webm', 'video/webm', ...sound, '-c:a', 'libopus'),
  ]) {
    await chat.drop(file)
    const note = chat.refusals.filter({ hasText: file.name })
    await expect(note).toContainText('a sound recording without pictures')
    await expect(note).not.toContainText(/damaged|ffmpeg|Convert/i)
    await expect(note.getByRole('button', { name: 'Use its cover picture' })).toHaveCount(0)
    await chat.button(`Dismiss the note about ${file.name}`).click()
  }
  await chat.drop(made('song.m4a', 'audio/mp4', ...sound, ...cover, '-c:a', 'aac'))
  await chat.button('Use its cover picture').click()
  await expect(chat.refusals).toHaveCount(0)
  await expect(chat.tray).toHaveCount(1)
  await chat.ask('What is in the picture?')
  await expect((await chat.ended()).getByTestId('answer-text')).toContainText(/red circle/i)
})

test('a time in an answer plays the trimmed video from there, and the strip shows the moment', async ({ chat }) => {
  const videos = new VideoPage(chat.page)
  await chat.drop(video('circle-turns-blue.mp4', 'samples'))
  await videos.open()
  await videos.edge('In').focus()
  await chat.page.keyboard.press('Shift+ArrowRight')
  await expect(videos.edge('In')).toHaveAttribute('aria-valuetext', '0:01.0')
  await expect(videos.cost).toContainText('6 frames')
  await videos.close()
  await chat.ask('When does it change?')
  const answer = await chat.ended()
  await expect(videos.player).toHaveJSProperty('paused', true)
  expect(await videos.time()).toBe(0)

  // what was seen begins one second into the file, where the model's own time is 0:00; the circle turns blue at 0:02 of the file
  const time = answer.getByRole('button', { name: '0:01', exact: true })
  await time.click()
  await expect.poll(() => videos.time()).toBeGreaterThanOrEqual(2)
  expect(await videos.time()).toBeLessThanOrEqual(4)
  await expect(
    videos.seen.getByRole('button', { name: /Frame [3-6] / }).and(chat.page.locator('[aria-current=true]')),
  ).toHaveCount(1)
})

test('pictures become the frames of a video, pictures again, and are asked about as a video', async ({ chat }) => {
  const videos = new VideoPage(chat.page)
  await chat.drop('red-circle.png', 'blue-square.png')
  await expect(chat.tray).toHaveCount(2)
  await chat.page.getByRole('button', { name: 'Use both as frames of a video' }).click()
  await expect(videos.tiles).toHaveCount(1)
  await videos.open()
  await expect(videos.strip).toHaveCount(2)
  await videos.dialog.getByRole('button', { name: 'Back to 2 pictures' }).click()
  await expect(chat.tray).toHaveCount(2)
  await chat.page.getByRole('button', { name: 'Use both as frames of a video' }).click()
  await chat.ask('What happens in the video?')
  await expect((await chat.ended()).getByTestId('answer-text')).not.toBeEmpty()
  await expect(videos.seen).toHaveCount(2)
  const question = chat.questions.first()
  await expect(question.getByTestId('frames-time')).toHaveText('0:00.0 / 0:01.0')
  await question.getByRole('button', { name: 'Play', exact: true }).click()
  await expect(question.getByTestId('frames-time')).toHaveText('0:01.0 / 0:01.0')
  await expect(videos.seen.nth(1).getByRole('button')).toHaveAttribute('aria-current', 'true')
})

test('a damaged video is refused by name, and so is what is no video', async ({ chat }) => {
  const whole = video('right-then-down.mp4')
  const claiming = Buffer.from(whole.bytes)
  claiming.writeUInt32BE(0x7fffffff, claiming.indexOf('stts') + 12)
  for (const { file, says } of [
    { file: { ...whole, name: 'cut.mp4', bytes: whole.bytes.slice(0, 700) }, says: /cut\.mp4/ },
    { file: { ...whole, name: 'billions.mp4', bytes: claiming }, says: /damaged/ },
    {
      file: { name: 'notes.mp4', type: 'video/mp4', bytes: Buffer.from('These are my notes.\n'.repeat(50)) },
      says: /notes\.mp4/,
    },
  ]) {
    await chat.drop(file)
    const note = chat.refusals.filter({ hasText: file.name })
    await expect(note).toContainText(says)
    await chat.button(`Dismiss the note about ${file.name}`).click()
  }
  await expect(chat.tray).toHaveCount(0)
  await chat.ask('Hello')
  await expect((await chat.ended()).getByTestId('answer-text')).not.toBeEmpty()
})

test('a video that is broken in the middle stays with its error, and can be trimmed to what is whole', async ({
  chat,
}) => {
  const videos = new VideoPage(chat.page)
  const whole = video('right-then-down.mp4')
  const bytes = Buffer.from(whole.bytes)
  bytes.fill(0xff, Math.floor(bytes.length * 0.75))
  await chat.drop({ ...whole, name: 'broken.mp4', bytes })
  await videos.open()
  await expect(videos.dialog.getByRole('alert')).toContainText(/Trim it to a part that is whole/)
  await videos.edge('Out').focus()
  for (let i = 0; i < 4; i++) await chat.page.keyboard.press('Shift+ArrowLeft')
  await expect(videos.edge('Out')).toHaveAttribute('aria-valuetext', '0:02.0')
  await expect(videos.dialog.getByRole('alert')).toHaveCount(0)
  await videos.close()
  await expect(chat.button('Send')).toBeEnabled()
})

test('reading stops when it is told to, goes on when asked again, and a removed video leaves nothing behind', async ({
  chat,
}) => {
  const videos = new VideoPage(chat.page)
  // frames are held back, so that there is something to stop
  const letGo = await holdFrame(chat.page, 3)
  await chat.drop(video('right-then-down.mp4'))
  await chat.question.fill('Which way does it move?')
  await expect(videos.waits).toHaveText('Reading frame 4 of 12…')
  await expect(chat.button('Send')).toBeDisabled()
  await expect(chat.page.getByRole('progressbar', { name: 'Reading video 1' })).toHaveAttribute('aria-valuenow', '25')
  await videos.open()
  await videos.dialog.getByRole('button', { name: 'Stop reading' }).click()
  await expect(videos.dialog.getByRole('alert')).toContainText('stopped')
  await letGo()
  await videos.dialog.getByRole('button', { name: 'Read again' }).click()
  await expect(videos.dialog.getByRole('alert')).toHaveCount(0)
  await videos.close()
  await expect(videos.waits).toHaveCount(0)
  await expect(chat.button('Send')).toBeEnabled()
  await chat.button('Remove video 1').click()
  await expect(chat.tray).toHaveCount(0)
})

test('a video that needs more than another one leaves free proposes what fits', async ({ chat }) => {
  const videos = new VideoPage(chat.page)
  const raiseCost = async (number: number): Promise<void> => {
    await videos.open(number)
    await videos.dialog.getByRole('textbox', { name: 'Frames per second' }).fill('12')
    await chat.page.keyboard.press('Tab')
    await videos.dialog.getByRole('radio', { name: 'High' }).click()
  }
  await chat.drop(video('left-then-up.webm'))
  await expect(videos.tiles).toHaveCount(1)
  await raiseCost(1)
  await expect(videos.dialog).toContainText(/2,304 tokens/)
  await videos.close()
  await expect(chat.button('Send')).toBeEnabled()
  await chat.drop(video('right-then-down.mp4'))
  await expect(videos.tiles).toHaveCount(2)
  await raiseCost(2)
  await expect(videos.dialog.getByRole('alert')).toContainText(
    /This needs [\d,]+ tokens; [\d,]+ are free\. At .* it fits/,
  )
  await expect(chat.page.getByRole('button', { name: 'Send', includeHidden: true })).toBeDisabled()
  await videos.dialog.getByRole('button', { name: 'Use that' }).click()
  await expect(videos.dialog.getByRole('alert')).toHaveCount(0)
  await videos.close()
  await expect(chat.button('Send')).toBeEnabled()
  await chat.ask('Which way does it move?')
  // some 3,900 tokens are read before the answer
  await expect(chat.answers).toHaveAttribute('aria-busy', 'false', { timeout: 90_000 })
  await expect(chat.answers).toHaveAttribute('data-status', 'complete')
  await expect(chat.answers.getByTestId('answer-text')).not.toBeEmpty()
})

test.describe('without ffmpeg', () => {
  test.use({ environment: { PATH: dirname(process.execPath) } })

  test('a codec that this window cannot decode is refused by its name', async ({ chat }) => {
    const decodes = await chat.page.evaluate(
      async () =>
        (await VideoDecoder.isConfigSupported({ codec: 'hvc1.1.6.L60.90', codedWidth: 224, codedHeight: 224 }))
          .supported,
    )
    test.skip(decodes === true, 'This Chromium decodes HEVC.')
    await chat.drop(video('hevc.mp4'))
    await expect(chat.refusals).toContainText(/hevc\.mp4/)
    await expect(chat.refusals).toContainText(/HEVC|H\.265/i)
    await expect(chat.tray).toHaveCount(0)
  })
})
