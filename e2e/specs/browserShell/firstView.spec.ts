import { expect, test } from '../../support/fixtures.ts'

/** Half of the one script that the window once was, in bytes. */
const MOST_SCRIPT = 692_055

test('the first view takes half of the script that the window once was, compressed on the wire; the rest comes by itself', async ({
  chat: { page },
}) => {
  const sizes = await page.evaluate(() => {
    const first = [
      ...document.querySelectorAll<HTMLElement>('script[src], link[rel=modulepreload], link[rel=stylesheet]'),
    ]
    const names = first.map((one) => one.getAttribute('src') ?? one.getAttribute('href'))
    return performance
      .getEntriesByType('resource')
      .filter(({ name }) => names.includes(new URL(name).pathname))
      .map((entry) => {
        const { name, encodedBodySize, decodedBodySize } = entry as PerformanceResourceTiming
        return { name, wire: encodedBodySize, size: decodedBodySize }
      })
  })
  const scripts = sizes.filter(({ name }) => name.endsWith('.js'))
  expect(scripts.length).toBeGreaterThan(1)
  expect(scripts.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(MOST_SCRIPT)
  for (const { name, wire, size } of sizes) if (size > 10_000) expect(wire, name).toBeLessThan(0.5 * size)
  // so that what is opened later is there at once, whatever became of the app's files
  await page.waitForFunction(() =>
    performance.getEntriesByType('resource').some(({ name }) => /\/SettingsDialog-[^/]+\.js$/.test(name)),
  )
})

test('a part of the window whose code is gone says so, and the window is loaded again', async ({ chat }) => {
  const { page } = chat
  await page.route(/\/assets\/(SettingsDialog|ModelsPage)-[^/]+\.js$/, (route) => route.abort())
  await page.reload()
  await chat.ready()
  await page.getByRole('button', { name: 'Models' }).first().click()
  const note = page.getByRole('alert').filter({ hasText: 'could not be loaded' })
  await expect(note).toBeVisible()
  await page.unroute(/\/assets\/(SettingsDialog|ModelsPage)-[^/]+\.js$/)
  await note.getByRole('button', { name: 'Load the window again' }).click()
  await expect(page.getByRole('heading', { name: 'Models' })).toBeVisible()
})
