import { existsSync } from 'node:fs'
import { isAbsolute, normalize } from 'node:path'
import { AppError } from '#contract'
import { BrowserWindow, dialog, globalShortcut, safeStorage, shell } from 'electron'
import { secretsFile } from '../../main/lib/secretsFile.ts'
import type { Dialogs, Files, Secrets, Shortcuts } from '../../main/ports.ts'

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

/** The system's own file manager. */
export const files: Files = {
  async reveal(path) {
    if (!isAbsolute(path) || path.includes('\0')) {
      const what = 'The file cannot be shown: its path is not complete. Give the path from the root of the disk.'
      throw new AppError('InvalidInput', what, { path })
    }
    // The file manager of Windows knows no other separators than its own.
    const file = normalize(path)
    if (!existsSync(file))
      throw new AppError('NotFound', `${file} is not there any more. Was it moved or deleted?`, { path })
    shell.showItemInFolder(file)
  },
}

/** The system's keys for one action of the app; keys that the system does not know count as taken. */
export function globalShortcuts(): Shortcuts {
  let held: string | null = null
  return {
    async set(accelerator, onPress) {
      if (held !== null) globalShortcut.unregister(held)
      held = null
      if (accelerator === null) return true
      try {
        if (!globalShortcut.register(accelerator, onPress)) return false
      } catch {
        return false
      }
      held = accelerator
      return true
    },
  }
}

/** Keyrings of Linux that are none: the key would be the same for everyone. */
const noKeyrings: readonly ReturnType<typeof safeStorage.getSelectedStorageBackend>[] = ['basic_text', 'unknown']

/**
 * Secrets in `path`, encrypted with the key that the system's keychain keeps for this app; null when it has none. The
 * keychain is asked when a secret is, not before: it may ask its user for a password. Called once the app is ready.
 */
export function keychainSecrets(path: string, platform: NodeJS.Platform = process.platform): Secrets | null {
  if (platform === 'linux' && noKeyrings.includes(safeStorage.getSelectedStorageBackend())) return null
  return secretsFile(path, {
    async encrypt(text) {
      if (await safeStorage.isAsyncEncryptionAvailable()) return safeStorage.encryptStringAsync(text)
      const what = 'The keychain of this computer cannot be used, so the secret was not kept. Unlock it and try again.'
      throw new AppError('StorageFailed', what)
    },
    decrypt: async (bytes) => (await safeStorage.decryptStringAsync(Buffer.from(bytes))).result,
  })
}
