import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ModelCheck } from '#contract'
import { goldenModel } from '../testing/engineGoldens.ts'
import { writeGguf } from '../testing/ggufEdit.ts'
import { exchanged, goldenFile, quantized, surgery, unfinished } from '../testing/publishedModels.ts'
import { tempFolder } from '../testing/tempFolder.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
const cli = join(import.meta.dirname, '../cli.ts')
const models = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'models', ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}
const old = join(folder.path, 'mmproj-old.gguf')
writeFileSync(old, writeGguf(exchanged(surgery(quantized(goldenFile('qwen2vl', 'projector'), 'Q5_1'), 7))))
const broken = join(folder.path, 'mmproj-february.gguf')
writeFileSync(broken, writeGguf(unfinished(goldenFile('qwen25vl', 'projector'))))
const { textPath } = goldenModel('qwen2vl')

test('a sheet for each file, and which belong together', () => {
  const { status, stdout } = models('check', textPath, old)
  expect(status).toBe(0)
  expect(stdout).toMatch(/role +language model\n +family +Qwen2-VL, by its name "Qwen2Vl"\n/)
  expect(stdout).toMatch(
    /converter +qwen2_vl_surgery\.py, December 2024 to April 2025, and llama-llava-clip-quantize-cli\n +quantization +Q5_1\n/,
  )
  expect(stdout).toMatch(/goes with +a Qwen2-VL language model of width 128\n +runs +yes\n/)
  expect(stdout).toMatch(/model-f32\.gguf and mmproj-old\.gguf belong together\.\n/)
})

test('what does not run says why, what does not fit too, and the exit code is 3', () => {
  const { status, stdout } = models('check', '--json', textPath, broken, goldenModel('qwen25vl').projectorPath!)
  const { files, pairs } = ModelCheck.parse(JSON.parse(stdout))
  expect(files).toMatchObject([
    { role: 'text', runs: true, problem: null, pairsWith: 'a Qwen2-VL projector (mmproj) of width 128' },
    {
      role: 'projector',
      family: 'Qwen2.5-VL',
      runs: false,
      problem: expect.stringMatching(/unfinished conversion/) as string,
    },
    { role: 'projector', family: 'Qwen2.5-VL', runs: true },
  ])
  expect(pairs.map(({ verdict }) => verdict)).toEqual(['mismatch', 'mismatch'])
  expect(status).toBe(3)
})

test('a file that is no model or not there has its sheet', () => {
  const text = join(folder.path, 'list.gguf')
  writeFileSync(text, 'bread')
  const { status, stdout, stderr } = models('check', text, join(folder.path, 'gone.gguf'))
  expect([status, stderr]).toEqual([3, ''])
  expect(stdout).toMatch(/list\.gguf is not a model in the GGUF format/)
  expect(stdout).toMatch(/gone\.gguf was not found/)
})

test.each([[[]], [['check']], [['list']], [['check', '--colour', 'x']]])('bad usage: %j', (args) => {
  expect(models(...args)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/sightline models check/) as string,
  })
})
