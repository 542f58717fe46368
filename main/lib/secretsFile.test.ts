import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '#contract'
import { tempFolder } from '../testing/tempFolder.ts'
import { secretsFile } from './secretsFile.ts'
import type { Cipher } from './secretsFile.ts'

let folder: ReturnType<typeof tempFolder>
let path: string
beforeEach(() => {
  folder = tempFolder()
  path = join(folder.path, 'data', 'secrets.json')
})
afterEach(() => folder.remove())

const reversed: Cipher = {
  encrypt: (text) => Buffer.from(text).reverse(),
  decrypt: (bytes) => Buffer.from(bytes).reverse().toString(),
}

test('secrets are kept, replaced and forgotten, also across instances', async () => {
  const secrets = secretsFile(path)
  expect(await secrets.get('a')).toBeNull()
  await Promise.all([secrets.set('a', 'first'), secrets.set('b', 'second'), secrets.set('a', 'third')])
  expect(await secretsFile(path).get('a')).toBe('third')
  await secrets.set('a', null)
  expect([await secretsFile(path).get('a'), await secretsFile(path).get('b')]).toEqual([null, 'second'])
})

test.skipIf(process.platform === 'win32')('only the owner may read the file, whatever was there before', async () => {
  mkdirSync(join(folder.path, 'data'))
  writeFileSync(`${path}.new`, '', { mode: 0o644 })
  await secretsFile(path).set('token', 'x')
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('with a cipher the secret is not in the file; one that cannot be deciphered any more is none', async () => {
  await secretsFile(path, reversed).set('token', 'hf_secret')
  expect(readFileSync(path, 'utf8')).not.toContain('hf_secret')
  expect(readFileSync(path, 'utf8')).not.toContain(Buffer.from('hf_secret').toString('base64'))
  expect(await secretsFile(path, reversed).get('token')).toBe('hf_secret')
  const broken: Cipher = {
    ...reversed,
    decrypt: () => {
      throw new Error('another key')
    },
  }
  expect(await secretsFile(path, broken).get('token')).toBeNull()
})

test('a damaged file counts as empty and is replaced; names of built-in properties are no secrets', async () => {
  mkdirSync(join(folder.path, 'data'))
  for (const content of ['{"a":', 'null', '[1]', '{"a":1}']) {
    writeFileSync(path, content)
    expect(await secretsFile(path).get('a')).toBeNull()
  }
  expect(await secretsFile(path).get('constructor')).toBeNull()
  await secretsFile(path).set('a', 'kept')
  expect(await secretsFile(path).get('a')).toBe('kept')
})

test('a cipher may take its time; what it refuses in words is told in its words, and nothing is changed', async () => {
  const slow: Cipher = {
    encrypt: async (text) => {
      await new Promise(setImmediate)
      return reversed.encrypt(text)
    },
    decrypt: async (bytes) => reversed.decrypt(bytes),
  }
  await secretsFile(path, slow).set('token', 'x')
  expect(await secretsFile(path, slow).get('token')).toBe('x')
  const refusing: Cipher = {
    ...slow,
    encrypt: () => Promise.reject(new AppError('StorageFailed', 'Unlock the keychain.')),
  }
  await expect(secretsFile(path, refusing).set('token', 'y')).rejects.toThrow('Unlock the keychain.')
  const locked: Cipher = { ...slow, decrypt: () => Promise.reject(new Error('locked')) }
  expect(await secretsFile(path, locked).get('token')).toBeNull()
  expect(await secretsFile(path, slow).get('token')).toBe('x')
})

test('a folder that cannot be written is told', async () => {
  writeFileSync(join(folder.path, 'data'), '')
  await expect(secretsFile(path).set('a', 'x')).rejects.toMatchObject({ code: 'StorageFailed' })
})
