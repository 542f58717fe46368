import { request } from 'node:http'
import { expect, test } from '../../support/fixtures.ts'

/** The status of a plain request to `port` on loopback. */
function status(port: string, headers: Record<string, string>, path = '/'): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.once('error', reject)
    sent.end()
  })
}

test('only the window itself is answered: no foreign host, no foreign origin, not without the key', async ({
  chat,
}) => {
  const { port, host } = new URL(chat.page.url())
  expect(await status(port, { Host: 'evil.test' })).toBe(403)
  expect(await status(port, { Host: `evil.local:${port}` })).toBe(403)
  expect(await status(port, { Host: host, Origin: 'http://evil.test' })).toBe(403)
  expect(await status(port, { Host: host })).toBe(401)
  expect(await status(port, { Host: host }, `/attachments/${'0'.repeat(64)}`)).toBe(401)
})

test('the key does not stay in the address of the window', async ({ chat }) => {
  expect(new URL(chat.page.url()).search).toBe('')
})

test('a window of a core that was started again says where to go', async ({ chat }) => {
  const { page } = chat
  let end = (): void => {}
  await page.routeWebSocket(/\/rpc$/, (socket) => {
    socket.connectToServer()
    end = () => void socket.close()
  })
  await page.reload()
  await chat.ready()
  // what a browser holds of the core before is nothing to the next one
  await page.context().clearCookies()
  end()
  await expect(page.getByTestId('connection-banner')).toContainText('Open the address that it printed then.')
})
