import { join } from 'node:path'
import { expect, test } from 'vitest'
import { secretsFile } from '../../lib/secretsFile.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createSourceTokens } from './index.ts'

test('a token is kept for its source alone, and forgotten', async () => {
  const folder = tempFolder()
  try {
    const tokens = createSourceTokens(secretsFile(join(folder.path, 'secrets.json')))
    expect(await tokens.kept()).toEqual({ huggingface: false, mirror: false, modelscope: false })
    await tokens.set('huggingface', 'hf_1')
    expect(await tokens.kept()).toEqual({ huggingface: true, mirror: false, modelscope: false })
    expect([await tokens.get('huggingface'), await tokens.get('mirror')]).toEqual(['hf_1', null])
    await tokens.set('huggingface', null)
    expect(await tokens.get('huggingface')).toBeNull()
  } finally {
    folder.remove()
  }
})

test('without a place for secrets there are none, and keeping one says why', async () => {
  const tokens = createSourceTokens(null)
  expect(await tokens.get('mirror')).toBeNull()
  expect(Object.values(await tokens.kept())).toEqual([false, false, false])
  await expect(tokens.set('mirror', 'x')).rejects.toMatchObject({
    code: 'NotYetSupported',
    message: expect.stringContaining('keychain') as string,
  })
})
