import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Profile } from '#contract'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { checkProfile, createProfiles, recognise } from './index.ts'

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
const open = () => createProfiles({ db: store.db, resources })
const own = (fields: object = {}) =>
  JSON.stringify({ id: 'mine', name: 'Mine', recognise: { names: ['Mine 7B'] }, ...fields })

describe("profiles of the user's own", () => {
  test('are kept, stand before those of the app, and are removed', () => {
    let changes = 0
    const profiles = open()
    profiles.onChange(() => changes++)
    profiles.save(own({ stop: ['END'] }))
    expect(open().list()[0]).toEqual({ profile: Profile.parse(JSON.parse(own({ stop: ['END'] }))), isOwn: true })
    expect(profiles.find('mine')?.stop).toEqual(['END'])
    profiles.remove('mine')
    expect(profiles.find('mine')).toBeNull()
    expect(open().find('mine')).toBeNull()
    expect(changes).toBe(2)
    expect(() => profiles.remove('mine')).toThrow(expect.objectContaining({ code: 'NotFound' }) as Error)
  })

  test('one with the id of one of the app stands in its place until it is removed', () => {
    const profiles = open()
    profiles.save(own({ id: 'olmocr-2' }))
    expect(profiles.list().filter(({ profile }) => profile.id === 'olmocr-2')).toMatchObject([{ isOwn: true }])
    profiles.remove('olmocr-2')
    expect(profiles.find('olmocr-2')?.name).toBe('olmOCR 2')
  })

  test.each([
    ['{"id": "a" "name"}', 'The profile is not valid JSON: line 1, column 12: a comma or } is expected.', 12],
    [own({ id: 'Mine' }), 'The profile cannot be used, at id: small letters, digits, ".", "_" and "-" only.', null],
    [own({ jobs: [{ id: 'a', label: 'A', prompt: '' }] }), expect.stringMatching(/at jobs\[0\]\.prompt: /), null],
    [
      own({ jobs: [1, 2].map(() => ({ id: 'a', label: 'A', prompt: 'b' })) }),
      expect.stringMatching(/an id of its own/),
      null,
    ],
    [own({ stopp: [] }), 'The profile cannot be used: a profile has no "stopp" there.', null],
    ['{"id": "a"}', 'The profile cannot be used, at name: it is missing.', null],
    [own({ name: 'n'.repeat(81) }), 'The profile cannot be used, at name: at most 80 characters.', null],
    [own({ jobs: {} }), 'The profile cannot be used, at jobs: a list in [ ] is expected.', null],
    [own({ maxTokens: 0 }), 'The profile cannot be used, at maxTokens: at least 1.', null],
    [
      own({ order: 'first' }),
      'The profile cannot be used, at order: one of "media-first", "text-first" is expected.',
      null,
    ],
    ['[]', 'The profile cannot be used: an object in { } is expected.', null],
    [own({ sampling: { top_p: 0.9 } }), expect.stringMatching(/at sampling: .*top_p/), null],
    [own({ id: 'none' }), expect.stringMatching(/at id: "none" stands for no profile/), null],
  ])('are refused with the place: %s', (json, problem, column) => {
    expect(checkProfile(json)).toEqual({ problem, place: column === null ? null : { line: 1, column } })
    expect(() => open().save(json)).toThrow(expect.objectContaining({ code: 'InvalidInput' }) as Error)
  })

  test('what a later version stored in a form that is not known is left out', () => {
    store.db.prepare('INSERT INTO profiles VALUES (?, ?)').run('later', '{"id":"later","kind":5}')
    expect(open().find('later')).toBeNull()
  })
})

describe('a model is recognised', () => {
  const profile = (id: string, names: string[], template: string[] = []) =>
    Profile.parse({ id, name: id, recognise: { names, template } })
  const facts = (...names: string[]) => ({
    names: names.map((text) => ({ of: 'its name,', text })),
    chatTemplate: 'a {{ piece }} of it',
  })

  test('by whole words, whatever stands between them', () => {
    const profiles = [profile('one', ['Holo1']), profile('two', ['Holo1.5'])]
    expect(recognise(profiles, facts('Hcompany_Holo1.5-7B'))?.profile.id).toBe('two')
    expect(recognise(profiles, facts('holo1 7b'))?.profile.id).toBe('one')
    expect(recognise(profiles, facts('Holo10'))).toBeNull()
  })

  test('by the name that tells most, and the profile that knows most words of it', () => {
    const profiles = [profile('short', ['Aa']), profile('long', ['Aa 2']), profile('base', ['Bb'])]
    expect(recognise(profiles, facts('x', 'Aa-2', 'Bb'))).toEqual({ profile: profiles[1], by: 'its name, "Aa-2"' })
  })

  test('by its chat template where no name tells it', () => {
    const profiles = [profile('other', ['Bb']), profile('template', [], ['{{ piece }}'])]
    expect(recognise(profiles, facts('Aa'))).toEqual({ profile: profiles[1], by: 'its chat template' })
  })
})
