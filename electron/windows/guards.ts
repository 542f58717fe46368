import { app, dialog, shell } from 'electron'
import type { BaseWindow, Event, WebContents, WebPreferences } from 'electron'
import { isWindowAddress } from '../protocol.ts'

/** What every window of the app may do: a page in a sandbox, with the preload script in a world of its own. */
export const webPreferences = (preload: string): WebPreferences => ({
  ...{ preload, contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false },
  devTools: !app.isPackaged,
})

/**
 * Keeps a window on the app's own page: nothing can be navigated to, opened or embedded. Addresses on the web are
 * offered to the user's browser instead.
 */
export function guardContents(
  contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>,
  owner: () => BaseWindow | null,
): void {
  const refuseOthers = (event: Event<{ url: string }>): void => {
    if (!isWindowAddress(event.url)) event.preventDefault()
  }
  contents.on('will-navigate', refuseOthers)
  contents.on('will-frame-navigate', refuseOthers)
  contents.on('will-redirect', refuseOthers)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    void offerInBrowser(url, owner())
    return { action: 'deny' }
  })
}

/** Asks whether to open an http or https address in the user's browser, and does so; other addresses are ignored. */
export async function offerInBrowser(address: string, owner: BaseWindow | null): Promise<void> {
  if (!URL.canParse(address)) return
  const { protocol, href } = new URL(address)
  if (protocol !== 'https:' && protocol !== 'http:') return
  const question = {
    type: 'question' as const,
    message: 'Open this address in your browser?',
    detail: href,
    buttons: ['Open', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
    noLink: true,
  }
  const { response } = await (owner ? dialog.showMessageBox(owner, question) : dialog.showMessageBox(question))
  if (response === 0) await shell.openExternal(href)
}
