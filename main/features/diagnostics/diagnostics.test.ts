import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LogLine } from '../../lib/log/log.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { testPorts } from '../../testing/testPorts.ts'
import { createDiagnostics } from './diagnostics.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => {
  folder = tempFolder()
  mkdirSync(join(folder.path, 'logs'))
})
afterEach(() => folder.remove())

const call = { signal: new AbortController().signal }
const diagnostics = (countMs?: number) => {
  const { host, paths } = testPorts(folder.path)
  return createDiagnostics({
    ...{ host, paths: { ...paths, data: folder.path }, engine: new ScriptedEngine(), log: { problem: null } },
    ...{ logs: join(folder.path, 'logs'), files: null, sqliteVersion: () => '3' },
    modelsFolder: () => join(folder.path, 'models'),
    ...(countMs !== undefined && { countMs }),
  })
}
const rowOf = async (name: string, countMs?: number) => {
  const { sections } = await diagnostics(countMs).procedures.read(undefined, call)
  return sections.find(({ title }) => title === 'Data')?.rows.find((row) => row.name === name)?.value
}

const lines = (count: number, level: LogLine['level'], event: string, from: number) =>
  Array.from({ length: count }, (_, n) =>
    JSON.stringify({ time: new Date(from + n).toISOString(), level, part: 'core', event, fields: { n } }),
  ).join('\n')
const keep = (name: string, ...parts: string[]) => writeFileSync(join(folder.path, 'logs', name), parts.join('\n'))

test('the last errors are found behind thousands of other lines, in older files too, the newest first', async () => {
  keep('core.2.log', lines(1, 'error', 'too.old', 0))
  keep('core.1.log', lines(30, 'error', 'old', 1000), lines(5000, 'info', 'call', 2000))
  keep('core.log', lines(5, 'warn', 'young', 10_000), lines(5000, 'info', 'call', 20_000))
  keep('main.log', lines(1, 'error', 'of.main', 15_000).replace('"core"', '"main"'))
  const { errors, log } = await diagnostics().procedures.read(undefined, call)
  expect(errors).toHaveLength(20)
  expect(errors[0]).toContain('error main of.main')
  expect(errors[1]).toMatch(/warn core young n=4$/)
  expect(errors.slice(6).map((line) => line.split(' ').slice(3).join(' '))).toEqual(
    Array.from({ length: 14 }, (_, n) => `old n=${29 - n}`),
  )
  expect(log).toHaveLength(300)
})

test('folders are told with what they hold; where counting takes too long, it is at least so much', async () => {
  mkdirSync(join(folder.path, 'attachments', 'ab'), { recursive: true })
  for (const name of ['a', 'ab/b', 'ab/c']) writeFileSync(join(folder.path, 'attachments', name), Buffer.alloc(2000))
  expect(await rowOf('Pictures and videos')).toBe('6 kB in 3 files')
  expect(await rowOf('Models')).toBe('empty')
  expect(await rowOf('Pictures and videos', 0)).toBe('at least 0 kB in 0 files')
})
