import { t } from '@lingui/core/macro'
import type { LibraryModel } from '#contract'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { buttonClass } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/Feedback.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../../components/primitives/Menu.tsx'
import { useProfileOf, useProfiles } from '../../../lib/profiles.ts'
import { changeOverrides } from './store.ts'
import { useAttempt } from './useAttempt.ts'

/** The profile that a model is asked with, what told it, and the choice of another one or none. */
export function ModelProfile({ model: { model, overrides } }: { model: LibraryModel }): ReactNode {
  const { error, attempt } = useAttempt()
  const of = useProfileOf(model.id)
  const profiles = useProfiles((state) => state.profiles)
  const choose = (profileId: string | null): void => void attempt(() => changeOverrides(model.id, { profileId }))
  const item = (id: string | null, label: string): ReactNode => (
    <MenuItem key={id ?? ''} onSelect={() => choose(id)}>
      {overrides.profileId === id ? <Check aria-label={t`Chosen`} /> : <span className="size-4 shrink-0" />}
      <span className="min-w-0 [overflow-wrap:anywhere]">{label}</span>
    </MenuItem>
  )
  return (
    <div className="flex flex-col items-start gap-2 pt-1 pb-3">
      {error ? <ErrorNote message={error.message} /> : null}
      {of ? (
        <div data-testid="model-profile">
          <p className="font-medium">{of.profile.name}</p>
          <p className="text-muted [overflow-wrap:anywhere]">{of.used.why}</p>
          {of.profile.about ? <p className="mt-1">{of.profile.about}</p> : null}
          {of.profile.jobs.length > 0 ? (
            <p className="text-muted">{t`Jobs: ${of.profile.jobs.map(({ label }) => label).join(', ')}`}</p>
          ) : null}
        </div>
      ) : (
        <p className="text-muted" data-testid="model-profile">
          {overrides.profileId === 'none'
            ? t`It is asked without a profile.`
            : t`It is not known as a fine-tune that expects anything of its own.`}
        </p>
      )}
      <Menu trigger={<MenuTrigger className={buttonClass('plain')}>{t`Choose a profile…`}</MenuTrigger>}>
        <div className="max-h-80 max-w-[min(20rem,calc(100vw-2rem))] overflow-y-auto">
          {item(null, t`The one that it is recognised by`)}
          {item('none', t`None`)}
          <div className="mt-1 border-t border-hairline pt-1">
            {profiles.map(({ profile }) => item(profile.id, profile.name))}
          </div>
        </div>
      </Menu>
    </div>
  )
}
