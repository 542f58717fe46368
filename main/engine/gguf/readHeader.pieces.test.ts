import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demoModel } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { inspectFile } from './inspectFile.ts'
import { inspectModel } from './inspectModel.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
})
afterEach(() => folder.remove())

function cut(name: string, pieces: number): string[] {
  const whole = readFileSync(demoModel.textPath)
  mkdirSync(join(folder.path, 'cut'), { recursive: true })
  return Array.from({ length: pieces }, (_, i) => {
    const path = join(folder.path, 'cut', `${name}.part${i + 1}of${pieces}`)
    writeFileSync(path, whole.subarray((whole.length * i) / pieces, (whole.length * (i + 1)) / pieces))
    return path
  })
}

test('a piece says how all are joined, on each system, and is not called damaged', async () => {
  for (const path of cut('my model.i1-Q6_K.gguf', 3)) {
    const { kind, problem } = await inspectFile(path)
    expect(kind).toBe('piece')
    expect(problem).toContain(
      'copy /b "my model.i1-Q6_K.gguf.part1of3" + "my model.i1-Q6_K.gguf.part2of3" + "my model.i1-Q6_K.gguf.part3of3" "my model.i1-Q6_K.gguf"',
    )
    await expect(inspectModel({ textPath: path, projectorPath: null })).rejects.toMatchObject({
      code: 'UnsupportedModel',
    })
  }
})

test.skipIf(process.platform === 'win32')('the command that it tells joins them', async () => {
  const [first] = cut("it's model.gguf", 2)
  const command = /cat .*?(?=, on Windows)/.exec((await inspectFile(first!)).problem!)![0]
  execFileSync('sh', ['-c', command], { cwd: join(folder.path, 'cut') })
  expect(await inspectFile(join(folder.path, 'cut', "it's model.gguf"))).toMatchObject({ kind: 'text', problem: null })
})

test('of many pieces the pattern is told', async () => {
  const [first] = cut('large.gguf', 12)
  expect((await inspectFile(first!)).problem).toContain(
    '"large.gguf.part4of12" + ... + "large.gguf.part12of12" "large.gguf"',
  )
})
