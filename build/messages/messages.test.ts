import { join } from 'node:path'
import type { LinguiConfigNormalized } from '@lingui/conf'
import { expect, test } from 'vitest'
import { say } from '../../main/contract/said.ts'
import { root } from '../paths.ts'
import { compiledEnglish } from './english.ts'
import { faults } from './messages.ts'
import { saidExtractor } from './said.ts'

const inFile = async (code: string): Promise<string[]> => {
  const found: string[] = []
  await saidExtractor.extract('main/lib/x.ts', code, ({ id }) => found.push(id), {
    linguiConfig: {} as LinguiConfigNormalized,
  })
  return found
}

test('the catalogues are what the code says, and the Chinese of every done room is there', async () => {
  expect(await faults()).toEqual([])
})

test('a sentence of the core is found by the text that it carries when it is said', async () => {
  const [a, b] = ['3 GB', 2]
  expect(
    await inFile('fail(say`Needs ${a} of ${`${b}`}; ${b + 1} are free.`, say`It is "gone".`, `not ${a}`)'),
  ).toEqual([say`Needs ${a} of ${`${b}`}; ${b + 1} are free.`.text?.message, 'It is "gone".'])
  expect(await inFile('const x = 1')).toEqual([])
})

test('what is the core counts from the project, whatever the folder is called that it lies in', () => {
  const takes = (file: string) => saidExtractor.match(join(root, file))
  expect([takes('main/lib/x.ts'), takes('renderer/lib/x.ts'), takes('renderer/main/x.ts')]).toEqual([
    true,
    false,
    false,
  ])
  expect(saidExtractor.match(join(root, '..', 'main', 'x.ts'))).toBe(false)
})

test('a sentence within another one is said with it', () => {
  expect(say`${say`${'a.png'} is empty.`} Choose ${1} other.`).toEqual({
    english: 'a.png is empty. Choose 1 other.',
    text: { message: '{0} Choose {1} other.', values: { 0: 'a.png is empty.', 1: 1 } },
  })
})

test('English messages are compiled where they stand, and only those of the window', () => {
  const transform = compiledEnglish.transform as (code: string, id: string) => { code: string } | undefined
  const code = 'i18n._(/*i18n*/ { id: "Tz0i8g", message: "Hi \\"{0}\\"" })'
  expect(transform(code, '/app/renderer/x.ts')?.code).toBe(
    'i18n._(/*i18n*/ { id: "Tz0i8g", message: ["Hi \\"",["0"],"\\""] })',
  )
  const element = '<Trans_ {.../*i18n*/ { id: "EmnWkq", values: { c: c }, message: "Read {c}" }}/>'
  expect(transform(element, '/app/renderer/x.tsx')?.code).toContain('message: ["Read ",["c"]] }}/>')
  const other = '/*i18n*/ fail({ code: "X", message: "It is gone." })'
  expect(transform(other, '/app/renderer/x.ts')?.code).toBe(other)
  expect(transform(code, '/app/main/x.ts')).toBeUndefined()
})
