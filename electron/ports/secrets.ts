import { safeStorage } from 'electron'
import { AppError } from '#contract'
import { secretsFile } from '../../main/lib/secretsFile.ts'
import type { Secrets } from '../../main/ports.ts'

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
