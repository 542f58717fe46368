import { Profile, noOverrides } from '#contract'
import type { ModelOverrides } from '#contract'
import { expect, test } from 'vitest'
import type { Chosen, Models } from '../../services/models/index.ts'
import type { Profiles } from '../../services/profiles/index.ts'
import { createChooseProfile } from './index.ts'

const profile = Profile.parse({ id: 'reader', name: 'Reader', recognise: { names: ['Reader'] } })
const profiles = {
  list: () => [{ profile, isOwn: false }],
  find: (id) => (id === profile.id ? profile : null),
} satisfies Partial<Profiles>
const chosenWith = (overrides: Partial<ModelOverrides>) =>
  ({
    model: { isDemo: false, textPath: '/models/reader.gguf' },
    overrides: { ...noOverrides, ...overrides },
    called: { names: [], chatTemplate: '', origin: '' },
  }) as unknown as Chosen
const choose = createChooseProfile({ profiles: profiles as unknown as Profiles, models: {} as Models })

test('a model is asked with the profile that it is recognised by, or as chosen', () => {
  expect(choose.of(chosenWith({}))).toBe(profile)
  expect(choose.of(chosenWith({ profileId: 'none' }))).toBeNull()
})

test('a model that gets its prompts raw has no profile, also where one was chosen', () => {
  expect(choose.of(chosenWith({ rawPrompt: true }))).toBeNull()
  expect(choose.of(chosenWith({ rawPrompt: true, profileId: 'reader' }))).toBeNull()
})
