import { t } from '@lingui/core/macro'
import { Menu as Base } from '@base-ui/react/menu'
import { Check, ListChecks } from 'lucide-react'
import type { ReactNode } from 'react'
import { Chip, iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { setJob, useCurrentProfile, useJob } from '../../lib/profiles.ts'
import { planPrepare } from './prepare.ts'

/**
 * Chooses what a fine-tune is asked to do: a job of its profile, whose prompt takes in what is typed. It stays until another is chosen.
 * There only where the current model has a profile with jobs.
 */
export function JobMenu({ conversationId }: { conversationId: string | null }): ReactNode {
  const profile = useCurrentProfile()
  const job = useJob(conversationId)
  if (!profile || profile.jobs.length === 0) return null
  const choose = (id: string | null): void => {
    setJob(conversationId, id)
    planPrepare(conversationId, 'pictures')
  }
  const menu = (trigger: ReactNode): ReactNode => (
    <Menu trigger={trigger}>
      <div className="w-72 max-w-[calc(100vw-2rem)]">
        <Base.Group>
          <Base.GroupLabel className="px-2 pt-1 pb-1 text-small text-muted">
            <span className="block font-semibold text-ink">{profile.name}</span>
            {profile.about || t`What it was made to do.`}
          </Base.GroupLabel>
          {profile.jobs.map(({ id, label }) => (
            <MenuItem key={id} onSelect={() => choose(id)}>
              {id === job?.id ? <Check aria-label={t`Chosen`} /> : <span className="size-4 shrink-0" />}
              <span className="min-w-0 [overflow-wrap:anywhere]">{label}</span>
            </MenuItem>
          ))}
        </Base.Group>
      </div>
    </Menu>
  )
  return job ? (
    <Chip testId="job-chip" removeLabel={t`No job`} onRemove={() => choose(null)}>
      {menu(
        <MenuTrigger
          className="h-full min-w-0 truncate rounded-md pl-2 hover:underline"
          aria-label={t`Job: ${job.label}`}
          title={job.label}
        >
          {job.label}
        </MenuTrigger>,
      )}
    </Chip>
  ) : (
    menu(
      <MenuTrigger className={iconButtonClass()} aria-label={t`Jobs of this model`} title={t`Jobs of this model`}>
        <ListChecks />
      </MenuTrigger>,
    )
  )
}
