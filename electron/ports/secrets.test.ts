import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { safeStorage } from '../testing/safeStorage.ts'
import { keychainSecrets } from './secrets.ts'

vi.mock('electron', () => import('../testing/safeStorage.ts'))
afterEach(() => void vi.restoreAllMocks())

const file = () => join(mkdtempSync(join(tmpdir(), 'sightline-secrets-')), 'secrets.json')

test('a token is kept encrypted with the key of the keychain', async () => {
  const path = file()
  await keychainSecrets(path)!.set('token', 'hf_secret')
  expect(
    Buffer.from((JSON.parse(readFileSync(path, 'utf8')) as { token: string }).token, 'base64').toString('latin1'),
  ).not.toContain('hf_secret')
  expect(await keychainSecrets(path)!.get('token')).toBe('hf_secret')
})

test('without a keychain there is no place for secrets', () => {
  vi.spyOn(safeStorage, 'isEncryptionAvailable').mockReturnValue(false)
  expect(keychainSecrets(file())).toBeNull()
})
