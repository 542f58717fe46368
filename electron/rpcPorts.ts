import { MessageChannelMain } from 'electron'
import type { IpcMain, WebFrameMain } from 'electron'
import { messagePortChannel } from '../main/rpc/channel.ts'
import type { Channel } from '../main/rpc/channel.ts'
import { WINDOW_ORIGIN } from './protocol/index.ts'

const PORT = 'sightline:port'

/** True for the top frame of the window's own page: the only sender that is answered. */
export function isTrustedFrame(frame: Pick<WebFrameMain, 'origin' | 'parent'> | null): boolean {
  return frame !== null && frame.parent === null && frame.origin === WINDOW_ORIGIN
}

/** Gives each page that asks a message channel to the core. Requests of any other frame are dropped without an answer. */
export function handlePortRequests(ipcMain: Pick<IpcMain, 'on'>, serve: (channel: Channel) => () => void): void {
  ipcMain.on(PORT, ({ senderFrame }) => {
    if (!senderFrame || !isTrustedFrame(senderFrame)) return
    const { port1, port2 } = new MessageChannelMain()
    serve(messagePortChannel(port1))
    senderFrame.postMessage(PORT, null, [port2])
  })
}
