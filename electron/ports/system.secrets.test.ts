import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { safeStorage } from '../testing/safeStorage.ts'
import { keychainSecrets } from './system.ts'

vi.mock('electron', () => import('../testing/safeStorage.ts'))

const backend = (name: ReturnType<typeof safeStorage.getSelectedStorageBackend>) =>
  void vi.spyOn(safeStorage, 'getSelectedStorageBackend').mockReturnValue(name)
let path: string
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'sightline-secrets-')), 'secrets.json')
  backend('gnome_libsecret')
})
afterEach(() => void vi.restoreAllMocks())

test('a token is kept encrypted with the key of the keychain', async () => {
  await keychainSecrets(path)!.set('token', 'hf_secret')
  const kept = Buffer.from((JSON.parse(readFileSync(path, 'utf8')) as { token: string }).token, 'base64')
  expect(kept.toString('latin1')).not.toContain('hf_secret')
  expect(await keychainSecrets(path)!.get('token')).toBe('hf_secret')
})

test('on Linux, a keyring whose key everyone knows is no place for secrets', () => {
  for (const name of ['basic_text', 'unknown'] as const) {
    backend(name)
    expect(keychainSecrets(path, 'linux'), name).toBeNull()
    expect(keychainSecrets(path, 'darwin'), name).not.toBeNull()
  }
})

test('the keychain is only asked when a secret is', async () => {
  const asked = [vi.spyOn(safeStorage, 'isAsyncEncryptionAvailable'), vi.spyOn(safeStorage, 'decryptStringAsync')]
  const secrets = keychainSecrets(path)!
  expect(await secrets.get('token')).toBeNull()
  await secrets.set('token', null)
  for (const spy of asked) expect(spy).not.toHaveBeenCalled()
})

test('a keychain that cannot be used refuses a secret in words, and what was kept stays', async () => {
  await keychainSecrets(path)!.set('token', 'first')
  const unavailable = vi.spyOn(safeStorage, 'isAsyncEncryptionAvailable').mockResolvedValue(false)
  const refusal = keychainSecrets(path)!.set('token', 'second')
  const message = expect.stringMatching(/keychain.*Unlock it/) as string
  await expect(refusal).rejects.toMatchObject({ code: 'StorageFailed', message })
  unavailable.mockRestore()
  expect(await keychainSecrets(path)!.get('token')).toBe('first')
})

test('a secret that the keychain cannot decrypt any more is none', async () => {
  await keychainSecrets(path)!.set('token', 'hf_secret')
  vi.spyOn(safeStorage, 'decryptStringAsync').mockRejectedValue(new Error('locked'))
  expect(await keychainSecrets(path)!.get('token')).toBeNull()
})
