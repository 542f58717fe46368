import { BrowserWindow, dialog } from 'electron'
import type { Dialogs } from '../../main/ports.ts'

/** The system's own file dialog, on top of the window that has the focus. */
export const dialogs: Dialogs = {
  async pickFile({ title, extensions }) {
    const owner = BrowserWindow.getFocusedWindow()
    const options = { title, properties: ['openFile' as const], filters: [{ name: title, extensions }] }
    const { canceled, filePaths } = await (owner
      ? dialog.showOpenDialog(owner, options)
      : dialog.showOpenDialog(options))
    return canceled ? null : (filePaths[0] ?? null)
  },
}
