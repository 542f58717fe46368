// @vitest-environment happy-dom
import { Profile } from '#contract'
import type { ProfileCheck } from '#contract'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { copyOf, profileText, useProfiles } from '../../lib/profiles.ts'
import { core } from '../../testing/fakeRpc.ts'
import { clearPage } from '../../testing/page.ts'
import { ProfilesSetting } from './ProfilesSetting.tsx'

vi.mock('../../lib/rpc.ts', async () => (await import('../../testing/fakeRpc.ts')).rpc)

const own = Profile.parse({ id: 'mine', name: 'Mine', stop: ['END'] })
const ofApp = Profile.parse({ id: 'reader', name: 'Reader', about: 'Reads.', parser: 'markdown' })
const save = vi.fn(({ json }: { json: string }) => Profile.parse(JSON.parse(json)))
const remove = vi.fn()
beforeEach(() => {
  core['profiles'] = {
    check: ({ json }: { json: string }): ProfileCheck =>
      json.startsWith('{') && json.endsWith('}')
        ? { problem: null, place: null }
        : {
            problem: 'The profile is not valid JSON: line 2, column 3: a comma is expected.',
            place: { line: 2, column: 3 },
          },
    save,
    remove,
  } as never
  act(() =>
    useProfiles.setState({ profiles: [own, ofApp].map((profile) => ({ profile, isOwn: profile === own })), used: {} }),
  )
})
afterEach(() => {
  clearPage()
  vi.clearAllMocks()
})

const field = (): HTMLTextAreaElement => screen.getByRole('textbox', { name: 'Profile' })
const keep = (): HTMLButtonElement => screen.getByRole('button', { name: 'Keep this profile' })

test('own profiles are listed; one is changed and removed', async () => {
  render(<ProfilesSetting />)
  const list = screen.getByRole('list', { name: 'Own profiles' })
  expect(within(list).getAllByRole('listitem')).toHaveLength(1)
  fireEvent.click(screen.getByRole('button', { name: 'Edit Mine' }))
  expect(JSON.parse(field().value)).toMatchObject({ id: 'mine', stop: ['END'] })
  fireEvent.change(field(), { target: { value: '{"id":"mine","name":"Mine too"}' } })
  await waitFor(() => expect(keep().disabled).toBe(false))
  fireEvent.click(keep())
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Profile' })).toBeNull())
  expect(save.mock.calls[0]![0]).toEqual({ json: '{"id":"mine","name":"Mine too"}' })
  fireEvent.click(screen.getByRole('button', { name: 'Remove Mine' }))
  fireEvent.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Remove' }))
  await waitFor(() => expect(remove.mock.calls[0]![0]).toEqual({ id: 'mine' }))
})

test('one that gets another id stands in the place of the one that it was', async () => {
  render(<ProfilesSetting />)
  fireEvent.click(screen.getByRole('button', { name: 'Edit Mine' }))
  fireEvent.change(field(), { target: { value: '{"id":"ours","name":"Ours"}' } })
  await waitFor(() => expect(keep().disabled).toBe(false))
  fireEvent.click(keep())
  await waitFor(() => expect(screen.queryByRole('textbox', { name: 'Profile' })).toBeNull())
  expect(save).toHaveBeenCalledOnce()
  expect(remove.mock.calls.map(([input]) => input as unknown)).toEqual([{ id: 'mine' }])
})

test('what is no JSON is told with its place, which is shown, and is not kept', async () => {
  render(<ProfilesSetting />)
  fireEvent.click(screen.getByRole('button', { name: 'Add a profile…' }))
  fireEvent.change(field(), { target: { value: '{\n  x' } })
  fireEvent.click(await screen.findByRole('button', { name: 'Show the place' }))
  expect([field().selectionStart, field().selectionEnd]).toEqual([4, 5])
  expect(keep().disabled).toBe(true)
})

test("a copy of one of the app's has a name and an id of its own and the rest of it", async () => {
  render(<ProfilesSetting />)
  fireEvent.click(screen.getByRole('button', { name: 'Copy one of the app’s…' }))
  fireEvent.click(await screen.findByRole('menuitem', { name: 'Reader' }))
  expect(JSON.parse(field().value)).toEqual({
    ...{ id: 'reader-own', name: 'Reader (own)', about: 'Reads.', parser: 'markdown' },
  })
})

test('an id that is taken gets a number, and a profile is written without what it leaves as it is', () => {
  const taken = [ofApp, { ...ofApp, id: 'reader-own' }].map((profile) => ({ profile, isOwn: false }))
  expect(JSON.parse(copyOf(ofApp, taken))).toMatchObject({ id: 'reader-own2' })
  expect(JSON.parse(profileText(own))).toEqual({ id: 'mine', name: 'Mine', stop: ['END'] })
})
