import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { files } from './system.ts'

const { shell } = vi.hoisted(() => ({ shell: { showItemInFolder: vi.fn() } }))
vi.mock('electron', () => ({ shell }))

const folder = mkdtempSync(join(tmpdir(), 'sightline-files-'))
const file = join(folder, 'model.gguf')
writeFileSync(file, '')

beforeEach(() => void vi.clearAllMocks())

test('a file is shown in its folder, by its plain path', async () => {
  await files.reveal(file)
  await files.reveal(`${folder}/elsewhere/../model.gguf`)
  expect(shell.showItemInFolder.mock.calls).toEqual([[file], [file]])
})

test('what is no complete path or not there is refused in words', async () => {
  for (const path of ['', 'model.gguf', '../model.gguf', 'file:///etc/hostname', `${file}\0.txt`]) {
    await expect(files.reveal(path), path).rejects.toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error)
  }
  await expect(files.reveal(`${file}.gone`)).rejects.toThrow(expect.objectContaining({ code: 'NotFound' }) as Error)
  expect(shell.showItemInFolder).not.toHaveBeenCalled()
})
