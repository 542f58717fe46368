import { shellMessages, toErrorInfo } from '#contract'
import { MessageChannelMain } from 'electron'
import type { IpcMain, WebFrameMain } from 'electron'
import type { TransferPort } from '../main/lib/remote.ts'
import type { CoreSupervisor } from './core/supervisor.ts'
import { WINDOW_ORIGIN } from './protocol.ts'

/** True for the top frame of the window's own page: the only sender that is answered. */
export function isTrustedFrame(frame: Pick<WebFrameMain, 'origin' | 'parent'> | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === WINDOW_ORIGIN
}

/** Tells the core which files the user gave to a window, in the words of its preload script; other frames are not heard. */
export function handleGivenFiles(ipcMain: Pick<IpcMain, 'handle'>, core: Pick<CoreSupervisor, 'running'>): void {
  ipcMain.handle(shellMessages.given, async ({ senderFrame }, path: unknown) => {
    if (typeof path === 'string' && isTrustedFrame(senderFrame)) await (await core.running()).giveFile(path)
  })
}

/**
 * Gives each page that asks one end of a message channel and the core's process the other, so that nothing between them
 * passes here. Where there is no core, the page is told why, and may have it restarted. Requests of any other frame are
 * dropped without an answer.
 */
export function handlePortRequests(
  ipcMain: Pick<IpcMain, 'on'>,
  core: Pick<CoreSupervisor, 'running' | 'restart'>,
): void {
  ipcMain.on(shellMessages.port, ({ senderFrame }) => {
    if (!senderFrame || !isTrustedFrame(senderFrame)) return
    const { port1, port2 } = new MessageChannelMain()
    core
      .running()
      .then((running) => running.serve(port1 as TransferPort))
      .then(
        () => {
          if (!post(senderFrame, shellMessages.port, null, [port2])) port2.close()
        },
        (error: unknown) => {
          // the other end may have been handed on before, and ends with this one
          port2.close()
          post(senderFrame, shellMessages.stopped, toErrorInfo(error))
        },
      )
  })
  ipcMain.on(shellMessages.restart, ({ senderFrame }) => {
    if (senderFrame && isTrustedFrame(senderFrame)) core.restart()
  })
}

/** Whether the page was told. One that went away while the core was awaited needs no answer. */
function post(frame: WebFrameMain, ...message: Parameters<WebFrameMain['postMessage']>): boolean {
  try {
    frame.postMessage(...message)
    return true
  } catch {
    return false
  }
}
