import { contextBridge, ipcRenderer, webUtils } from 'electron'

const PORT = 'sightline:port'
const STOPPED = 'sightline:stopped'
const RESTART = 'sightline:restart'
const ORIGIN = 'app://sightline'

/** Hands the page the end of a message channel to the core; it arrives as a `sightline:port` message with the port. */
ipcRenderer.on(PORT, (event) => window.postMessage(PORT, ORIGIN, event.ports))
/** Tells the page that there is no core, and why. */
ipcRenderer.on(STOPPED, (_event, error: unknown) => window.postMessage({ type: STOPPED, error }, ORIGIN))

/** All that the page can ask of its shell; everything else is said over the port. */
contextBridge.exposeInMainWorld('sightlineBridge', {
  requestPort: (): void => ipcRenderer.send(PORT),
  restartCore: (): void => ipcRenderer.send(RESTART),
  /** Where a file lies that the user dropped, picked or pasted; empty for one that is in memory only. */
  pathOf: async (file: File): Promise<string> => webUtils.getPathForFile(file),
})
