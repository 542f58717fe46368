import { safeStorage } from 'electron'
import { secretsFile } from '../../main/lib/secretsFile.ts'
import type { Secrets } from '../../main/ports.ts'

/** Secrets in `path`, encrypted with the key that the system's keychain keeps for this app; null when it has none. */
export function keychainSecrets(path: string): Secrets | null {
  if (!safeStorage.isEncryptionAvailable()) return null
  return secretsFile(path, {
    encrypt: (text) => safeStorage.encryptString(text),
    decrypt: (bytes) => safeStorage.decryptString(Buffer.from(bytes)),
  })
}
