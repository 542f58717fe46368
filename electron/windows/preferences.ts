import { app } from 'electron'
import type { WebPreferences } from 'electron'

/** What every window of the app may do: a page in a sandbox, with the preload script in a world of its own. */
export const webPreferences = (preload: string): WebPreferences => ({
  ...{ preload, contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false },
  devTools: !app.isPackaged,
})
