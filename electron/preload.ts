import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { shellMessages } from '../main/contract/shellMessages.ts'

const ORIGIN = 'app://sightline'

/** Hands the page the end of a message channel to the core; it arrives as a message of that name with the port. */
ipcRenderer.on(shellMessages.port, (event) => window.postMessage(shellMessages.port, ORIGIN, event.ports))
/** Tells the page that there is no core, and why. */
ipcRenderer.on(shellMessages.stopped, (_event, error: unknown) =>
  window.postMessage({ type: shellMessages.stopped, error }, ORIGIN),
)

/** All that the page can ask of its shell; everything else is said over the port. */
contextBridge.exposeInMainWorld('sightlineBridge', {
  requestPort: (): void => ipcRenderer.send(shellMessages.port),
  restartCore: (): void => ipcRenderer.send(shellMessages.restart),
  /**
   * Where a file lies that the user dropped, picked or pasted; empty for one that is in memory only. The core stores such paths
   * alone: a script of the page cannot make a file that has one.
   */
  async pathOf(file: File): Promise<string> {
    const path = webUtils.getPathForFile(file)
    // where there is no core, what is asked of it next says so
    if (path !== '') await ipcRenderer.invoke(shellMessages.given, path).catch(() => {})
    return path
  },
})
