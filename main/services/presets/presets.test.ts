import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Preset, readyFormats } from '#contract'
import type { ListedPreset } from '#contract'
import { checkFormat } from '../../engine/index.ts'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createPresets, readPresets } from './index.ts'

const resources = join(import.meta.dirname, '../../../resources')
let folder: ReturnType<typeof tempFolder>
let store: Store
beforeEach(() => {
  folder = tempFolder()
  store = openStore(folder.path)
})
afterEach(() => {
  store.close()
  folder.remove()
})

/** The calls of a window about presets, which are answered at once. */
const open = () => {
  const { list, procedures } = createPresets({
    ...{ db: store.db, resources },
    checkFormat: (schema) => (schema.includes('"pattern"') ? 'patterns cannot be held to.' : null),
  })
  const call =
    <I, O>(procedure: (input: I, options: never) => O) =>
    (input: I): Awaited<O> =>
      procedure(input, {} as never) as Awaited<O>
  return {
    list,
    watch: procedures.watch,
    create: call(procedures.create),
    update: call(procedures.update),
    duplicate: call(procedures.duplicate),
    remove: call(procedures.remove),
    export: call(procedures.export),
    import: call(procedures.import),
  }
}
const preset = (name: string, fields: Partial<Preset> = {}): Preset => ({ ...Preset.parse({ name }), ...fields })
const names = (list: readonly ListedPreset[]): string[] =>
  list.filter(({ isOwn }) => isOwn).map(({ preset }) => preset.name)
/** An error with a code, whose message is this one or holds it. */
const failing = (code: string, message: string | RegExp = /./) =>
  expect.objectContaining({
    code,
    message: typeof message === 'string' ? message : (expect.stringMatching(message) as string),
  }) as Error

describe('presets of the app', () => {
  const shipped = readPresets(resources).map(({ preset }) => preset)

  test('are there for every job, and say what they are for', () => {
    expect(shipped.map(({ name }) => name)).toEqual([
      'Alt text',
      'Chart to data',
      'Compare pictures',
      'Count',
      'Describe',
      'Explain a screenshot',
      'Extract fields',
      'Find and box',
      'Formula to LaTeX',
      'Read all text',
      'Table to CSV',
      'Translate',
      'Video summary',
    ])
    for (const { about, prompt } of shipped) expect([about === '', prompt === '']).toEqual([false, false])
  })

  test('hold answers to formats that the engine can hold to, which the menu of formats has too', () => {
    const formats = shipped.flatMap(({ format }) => format ?? [])
    expect(formats.length).toBeGreaterThan(3)
    for (const format of formats) {
      expect(readyFormats).toContainEqual(format)
      expect(() => checkFormat({ jsonSchema: format.schema })).not.toThrow()
    }
  })

  test('set no value for a variable that they do not have', () => {
    for (const { prompt, systemPrompt, values } of shipped)
      for (const name of Object.keys(values)) expect(prompt + systemPrompt).toContain(`{{${name}}}`)
  })

  test('cannot be changed or removed, but copied', () => {
    const presets = open()
    expect(() => presets.remove({ id: 'describe' })).toThrow(failing('NotFound'))
    expect(() => presets.update({ id: 'describe', preset: preset('Mine') })).toThrow(failing('NotFound'))
    expect(presets.duplicate({ id: 'describe' })).toMatchObject({ isOwn: true, preset: { name: 'Describe 2' } })
  })

  test('that are missing are said to be', () => {
    expect(() => readPresets(folder.path)).toThrow(failing('StorageFailed', /Install/))
  })
})

describe("presets of the user's own", () => {
  test('are kept, changed, copied and removed, and stand first', () => {
    const presets = open()
    const { id } = presets.create({ preset: preset('Invoices', { prompt: 'Total of {{who}}?' }) })
    presets.update({ id, preset: preset('Bills', { sampling: { temperature: 0 } }) })
    presets.duplicate({ id })
    expect(names(open().list())).toEqual(['Bills', 'Bills 2'])
    expect(open().list()[0]).toEqual({ id, isOwn: true, preset: preset('Bills', { sampling: { temperature: 0 } }) })
    presets.remove({ id })
    expect(names(open().list())).toEqual(['Bills 2'])
    expect(() => presets.remove({ id })).toThrow(failing('NotFound'))
  })

  test('have names of their own, whatever the case', () => {
    const presets = open()
    presets.create({ preset: preset('Mine') })
    const { id } = presets.create({ preset: preset('Other') })
    expect(() => presets.create({ preset: preset('mine') })).toThrow(failing('InvalidInput', /Choose another name/))
    expect(() => presets.update({ id, preset: preset('DESCRIBE') })).toThrow(failing('InvalidInput'))
    expect(presets.update({ id, preset: preset('other') }).preset.name).toBe('other')
  })

  test('with a format that no answer can be held to are refused', () => {
    const format = { name: 'Codes', schema: '{"type":"string","pattern":"a+"}' }
    expect(() => open().create({ preset: preset('Mine', { format }) })).toThrow(
      failing('InvalidInput', /answer format/),
    )
    expect(names(open().list())).toEqual([])
  })

  test('are told to every window as they change', async () => {
    const presets = open()
    const stop = new AbortController()
    const stream = await presets.watch(undefined, { signal: stop.signal } as never)
    const next = async () => names((await stream.next()).value as ListedPreset[])
    expect(await next()).toEqual([])
    const { id } = presets.create({ preset: preset('Mine') })
    expect(await next()).toEqual(['Mine'])
    presets.remove({ id })
    expect(await next()).toEqual([])
    stop.abort()
  })

  test('of a later version, in a form that is not known, are left out', () => {
    store.db.prepare('INSERT INTO presets VALUES (?, ?)').run('later', '{"name":"Later","voice":5}')
    expect(names(open().list())).toEqual([])
  })
})

describe('a file', () => {
  const file = (fields: object, version = 1) =>
    JSON.stringify({ format: 'sightline-preset', version, preset: { name: 'Shared', ...fields } })

  test('gives back the preset that was shared as it, with a name that is free', () => {
    const presets = open()
    const written = preset('Größe: A/B?', {
      ...{ about: 'What', prompt: '{{x}}', systemPrompt: 'Be brief', values: { x: '1' }, model: 'Qwen' },
      ...{ sampling: { topK: 1 }, detail: 'high', contextTokens: 8192, maxTokens: 9, thinking: 'on' },
      format: readyFormats[0]!,
    } as const)
    const { id } = presets.create({ preset: written })
    const { name, json } = presets.export({ id })
    expect(name).toBe('größe-a-b.preset.json')
    expect(presets.import({ name, json }).preset).toEqual({ ...written, name: 'Größe: A/B? 2' })
    expect(JSON.parse(presets.export({ id: 'describe' }).json)).toEqual({
      ...{ format: 'sightline-preset', version: 1 },
      preset: { name: 'Describe', about: expect.any(String) as string, prompt: expect.any(String) as string },
    })
  })

  test.each([
    ['{"a": 1', 'InvalidInput', 'a.json is not valid JSON: line 1, column 8: a comma or } is expected.'],
    ['[]', 'InvalidInput', /^a\.json holds no preset\./],
    ['{"name": "Mine", "prompt": "x"}', 'InvalidInput', /^a\.json holds no preset\./],
    [file({}, 2), 'NotYetSupported', /later version.*Update/],
    [file({ name: ' ' }), 'InvalidInput', 'a.json cannot be used, at preset.name: at least 1 characters.'],
    [file({ voice: 1 }), 'InvalidInput', 'a.json cannot be used, at preset: a preset has no "voice" there.'],
    [file({ detail: 'best' }), 'InvalidInput', /at preset\.detail: one of "low", "medium", "high", "full" is expected/],
    [file({ sampling: { temperature: 9 } }), 'InvalidInput', /at preset\.sampling\.temperature: at most 5/],
    [file({ format: { name: 'C', schema: '{"pattern": "a"}' } }), 'InvalidInput', /at its answer format: patterns/],
  ])('that is at fault is refused with the reason: %s', (json, code, message) => {
    expect(() => open().import({ name: 'a.json', json })).toThrow(failing(code, message))
    expect(names(open().list())).toEqual([])
  })
})
