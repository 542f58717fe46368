import { expect, test } from '../../support/electronFixtures.ts'

test('the window stays on its own page', async ({ desktop: { page }, chat }) => {
  const address = page.url()
  const requests: string[] = []
  page.on('requestfinished', (request) => void (request.isNavigationRequest() && requests.push(request.url())))
  for (const target of ['http://203.0.113.7/', 'https://203.0.113.7/', 'file:///etc/hostname']) {
    await page.evaluate((to) => {
      location.href = to
    }, target)
    await expect(chat.question).toBeEditable()
    expect(page.url()).toBe(address)
  }
  expect(requests).toEqual([])
})

test('a web address that the page opens makes no window, is asked about, and opens in the browser only then', async ({
  desktop: { page, electron },
}) => {
  await electron.evaluate(({ dialog, shell }) => {
    const seen: string[] = []
    Object.assign(globalThis, { seen, answer: 1 })
    Object.assign(dialog, {
      showMessageBox: async (...args: { detail?: string }[]) => {
        seen.push(`asked ${args.at(-1)?.detail}`)
        return { response: (globalThis as unknown as { answer: number }).answer }
      },
    })
    Object.assign(shell, { openExternal: async (url: string) => void seen.push(`opened ${url}`) })
  })
  const seen = () => electron.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)
  await page.evaluate(() => void window.open('https://example.com/a'))
  await expect.poll(seen).toEqual(['asked https://example.com/a'])
  await electron.evaluate(() => Object.assign(globalThis, { answer: 0 }) && null)
  await page.evaluate(() => void window.open('https://example.com/b', '_blank', 'noopener'))
  await expect
    .poll(seen)
    .toEqual(['asked https://example.com/a', 'asked https://example.com/b', 'opened https://example.com/b'])
  await page.evaluate(() => void window.open('file:///etc/hostname'))
  await page.evaluate(() => void window.open('https://example.com/c'))
  await expect.poll(seen).toHaveLength(5)
  expect((await seen()).join()).not.toContain('file:')
  await expect.poll(() => electron.windows().length).toBe(1)
})
