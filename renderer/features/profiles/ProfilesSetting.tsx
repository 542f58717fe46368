import { t } from '@lingui/core/macro'
import type { ErrorInfo, ProfileCheck } from '#contract'
import { useEffect, useId, useRef, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { Button, buttonClass } from '../../components/primitives/Button.tsx'
import { Confirm, DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { fieldClass } from '../../components/primitives/TextField.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { announce } from '../../lib/announce.ts'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { checkProfile, copyOf, profileText, removeProfile, saveProfile, useProfiles } from '../../lib/profiles.ts'
import { offsetOf } from '../../lib/textPlace.ts'

/** After the last key a profile is checked, ms. */
const PAUSE_MS = 200
const EXAMPLE = `{
  "id": "my-model",
  "name": "My model",
  "recognise": { "names": ["My Model 7B"] },
  "order": "media-first",
  "jobs": [
    { "id": "read", "label": "Read the page", "prompt": "Read this page." }
  ]
}`

/** A profile that is being written; `id`: the one of the user's own that it was; null: a new one. */
interface Written {
  readonly text: string
  readonly id: string | null
}

/** The profiles of the user's own: a list, and ways to add, change and remove one. */
export function ProfilesSetting(): ReactNode {
  const profiles = useProfiles((state) => state.profiles)
  const own = profiles.filter(({ isOwn }) => isOwn)
  const [written, setWritten] = useState<Written | null>(null)
  const [removing, setRemoving] = useState<{ id: string; name: string } | null>(null)
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted">{t`What a fine-tune expects and gives: its prompt, sizes of pictures, jobs. A model is asked with the profile that it is recognised by.`}</p>
      {own.length > 0 ? (
        <ul aria-label={t`Own profiles`} className="flex flex-col divide-y divide-hairline border-y border-hairline">
          {own.map(({ profile }) => (
            <li key={profile.id} className="flex min-h-10 items-center gap-2">
              <span className="min-w-0 flex-1 truncate">
                {profile.name} <span className="text-muted">{profile.id}</span>
              </span>
              <Button
                onClick={() => setWritten({ text: profileText(profile), id: profile.id })}
                aria-label={t`Edit ${profile.name}`}
              >{t`Edit`}</Button>
              <Button
                kind="quiet"
                onClick={() => setRemoving({ id: profile.id, name: profile.name })}
                aria-label={t`Remove ${profile.name}`}
              >{t`Remove`}</Button>
            </li>
          ))}
        </ul>
      ) : null}
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setWritten({ text: '', id: null })}>{t`Add a profile…`}</Button>
        <Menu trigger={<MenuTrigger className={buttonClass('plain')}>{t`Copy one of the app’s…`}</MenuTrigger>}>
          <div className="max-h-72 overflow-y-auto">
            {profiles
              .filter(({ isOwn }) => !isOwn)
              .map(({ profile }) => (
                <MenuItem key={profile.id} onSelect={() => setWritten({ text: copyOf(profile, profiles), id: null })}>
                  {profile.name}
                </MenuItem>
              ))}
          </div>
        </Menu>
      </div>
      <DialogFrame
        open={written !== null}
        onOpenChange={(open) => open || setWritten(null)}
        title={t`Own profile`}
        description={t`It is JSON; the profiles of the app show what it may hold.`}
      >
        <ProfileForm before={written ?? { text: '', id: null }} onDone={() => setWritten(null)} />
      </DialogFrame>
      <Confirm
        open={removing !== null}
        onOpenChange={(open) => open || setRemoving(null)}
        title={t`Remove ${removing?.name ?? ''}?`}
        description={t`Models that are asked with it get the profile that they are recognised by, or none.`}
        action={t`Remove`}
        onConfirm={async () => {
          if (removing) await removeProfile(removing.id)
        }}
      />
    </div>
  )
}

function ProfileForm({ before, onDone }: { before: Written; onDone: () => void }): ReactNode {
  const id = useId()
  const field = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState(before.text)
  const [failure, setFailure] = useState<ErrorInfo | null>(null)
  const check = useCheck(text)
  const problem = failure?.message ?? check?.problem ?? null
  const place = failure ? null : (check?.place ?? null)
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    try {
      const { id, name } = await saveProfile(text)
      // with another id it is another one, which stands in the place of the first
      if (before.id !== null && before.id !== id) await removeProfile(before.id)
      announce(t`The profile ${name} is kept.`)
      onDone()
    } catch (thrown) {
      setFailure(toAppError(thrown).toInfo())
    }
  }
  const show = (at: { line: number; column: number }): void => {
    const offset = offsetOf(text, at)
    field.current?.focus()
    field.current?.setSelectionRange(offset, Math.min(text.length, offset + 1))
  }
  return (
    <form onSubmit={(event) => void save(event)} className="flex flex-col gap-4">
      <div>
        <label htmlFor={`${id}-text`}>{t`Profile`}</label>
        <textarea
          ref={field}
          id={`${id}-text`}
          rows={16}
          spellCheck={false}
          maxLength={200_000}
          placeholder={EXAMPLE}
          value={text}
          onChange={(event) => {
            setFailure(null)
            setText(event.target.value)
          }}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          className={cx(fieldClass, 'mt-1.5 max-h-[50dvh] min-h-40 resize-y font-mono text-small')}
        />
        <div id={`${id}-problem`} aria-live="polite">
          {problem === null ? null : (
            <ErrorNote message={problem} className="mt-2">
              {place ? <Button onClick={() => show(place)}>{t`Show the place`}</Button> : null}
            </ErrorNote>
          )}
        </div>
      </div>
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={check?.problem !== null}>{t`Keep this profile`}</Button>
      </div>
    </form>
  )
}

/** What the core says of a profile; null while that is not known, and of an empty one. */
function useCheck(text: string): ProfileCheck | null {
  const [checked, setChecked] = useState<{ readonly text: string; readonly check: ProfileCheck } | null>(null)
  useEffect(() => {
    if (text.trim() === '') return
    const abort = new AbortController()
    const tell = (check: ProfileCheck): void => {
      if (!abort.signal.aborted) setChecked({ text, check })
    }
    const timer = setTimeout(() => {
      checkProfile(text, abort.signal).then(tell, (thrown: unknown) =>
        tell({ problem: toAppError(thrown).message, place: null }),
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [text])
  return checked?.text === text ? checked.check : null
}
