import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { app } from './app.ts'
import type { Surface } from './surface.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The keychain of this stand-in: a key of the app's own that outlives its process. */
function key(): Buffer {
  const path = join(app.getPath('userData'), 'stand-in-keychain')
  if (!existsSync(path)) writeFileSync(path, randomBytes(KEY_BYTES), { mode: 0o600 })
  return readFileSync(path)
}

/** Encrypts with AES-256-GCM, so that bytes that were changed or made with another key are refused, as Electron does. */
export const safeStorage: Surface['safeStorage'] = {
  isAsyncEncryptionAvailable: async () => true,
  getSelectedStorageBackend: () => (app.isReady ? 'gnome_libsecret' : 'unknown'),
  async encryptStringAsync(text) {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key(), nonce)
    const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), encrypted])
  },
  async decryptStringAsync(bytes) {
    const decipher = createDecipheriv('aes-256-gcm', key(), bytes.subarray(0, NONCE_BYTES))
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
      'utf8',
    )
    return { shouldReEncrypt: false, result: text }
  },
}
