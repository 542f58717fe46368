import { expect, test } from '../../support/electronFixtures.ts'

test('the page has three functions of its shell and nothing of Node or Electron', async ({ desktop: { page } }) => {
  const found = await page.evaluate(() => ({
    bridge: Object.keys((globalThis as unknown as { sightlineBridge: object }).sightlineBridge),
    leaked: ['require', 'process', 'module', 'Buffer', 'electron', 'ipcRenderer', 'contextBridge'].filter(
      (name) => name in globalThis,
    ),
    frozen: Object.isFrozen((globalThis as unknown as { sightlineBridge: object }).sightlineBridge),
  }))
  expect(found).toEqual({ bridge: ['requestPort', 'restartCore', 'pathOf'], leaked: [], frozen: true })
})

test('the page is a secure context with an origin of its own and no way to the file system', async ({
  desktop: { page },
}) => {
  expect(await page.evaluate(() => isSecureContext)).toBe(true)
  const read = await page.evaluate(() =>
    fetch('file:///etc/hostname').then(
      () => 'read',
      () => 'refused',
    ),
  )
  expect(read).toBe('refused')
})

test('the page cannot frame another one', async ({ desktop: { page } }) => {
  const requests: string[] = []
  // the window may be loading code of its own meanwhile
  const own = new URL(page.url()).origin
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== own) requests.push(request.url())
  })
  await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    const settled = new Promise((resolve) => frame.addEventListener('load', resolve))
    frame.src = 'http://203.0.113.7/'
    document.body.append(frame)
    await settled
  })
  expect(requests).toEqual([])
})

test('permissions are denied, but for writing to the clipboard', async ({ desktop: { page } }) => {
  const states = await page.evaluate(async () => {
    const state = async (name: string) => (await navigator.permissions.query({ name: name as PermissionName })).state
    return {
      place: await state('geolocation'),
      notes: await state('notifications'),
      camera: await state('camera'),
      read: await state('clipboard-read'),
      write: await state('clipboard-write'),
    }
  })
  expect(states).toEqual({ place: 'denied', notes: 'denied', camera: 'denied', read: 'denied', write: 'granted' })
  expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied')
  const camera = await page.evaluate(() =>
    navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      (error: Error) => error.name,
    ),
  )
  expect(camera).not.toBe('given')
})

test('a port is only given to the top frame of the window itself', async ({ desktop }) => {
  const given = await desktop.electron.evaluate(async ({ ipcMain }) => {
    const frames = [
      { origin: 'http://evil.test', parent: null },
      { origin: 'app://sightline', parent: {} },
      { origin: 'app://attachment', parent: null },
      { origin: 'app://sightline', parent: null },
    ]
    const main = ipcMain as unknown as {
      tell?: (channel: string, event: object) => void
      emit?: (channel: string, event: object) => void
    }
    const posted = frames.map(() => 0)
    const answered = new Promise<void>((resolve) =>
      frames.forEach((frame, index) => {
        const postMessage = () => {
          posted[index]!++
          resolve()
        }
        const senderFrame = { ...frame, postMessage }
        if (main.tell) main.tell('sightline:port', { senderFrame })
        else main.emit?.('sightline:port', { senderFrame })
      }),
    )
    // The one that is answered was asked last.
    await answered
    return posted
  })
  expect(given).toEqual([0, 0, 0, 1])
})
