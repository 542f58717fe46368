import { readFileSync, readdirSync } from 'node:fs'
import { Profile } from '#contract'
import { expect, test, vi } from 'vitest'
import { profileText } from './profiles.ts'

vi.mock('./rpc.ts', async () => (await import('../testing/fakeRpc.ts')).rpc)

const folder = new URL('../../resources/profiles/', import.meta.url)
const ofApp = readdirSync(folder).map((file) => Profile.parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))))
const silent = Profile.parse({ id: 'silent', name: 'Silent', system: '' })

test.each([...ofApp, silent].map((profile) => [profile.id, profile] as const))(
  'what is written of %s is read as the same profile',
  (_, profile) => expect(Profile.parse(JSON.parse(profileText(profile)))).toEqual(profile),
)

test('no system prompt at all is written, unlike that of the settings', () => {
  expect(JSON.parse(profileText(silent))).toEqual({ id: 'silent', name: 'Silent', system: '' })
  expect(JSON.parse(profileText({ ...silent, system: null }))).toEqual({ id: 'silent', name: 'Silent' })
})
