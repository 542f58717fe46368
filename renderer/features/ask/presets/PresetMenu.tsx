import { t } from '@lingui/core/macro'
import { Menu as Base } from '@base-ui/react/menu'
import { NotebookText, Settings2 } from 'lucide-react'
import { useRef } from 'react'
import type { ReactNode } from 'react'
import type { ListedPreset } from '#contract'
import { Chip, iconButtonClass } from '../../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../../components/primitives/Menu.tsx'
import { later } from '../../../components/primitives/later.tsx'
import { applyPreset, useAppliedPreset, usePresets } from '../../../lib/presets.ts'
import { questionField } from '../../../lib/questionField.ts'
import { planPrepare } from '../prepare.ts'
import { choosePreset } from './choosePreset.ts'
import { usePresetWish } from './wish.ts'
import { summaryOf } from './summary.ts'

const VariablesDialog = later(
  () => import('./VariablesDialog.tsx').then(({ VariablesDialog }) => VariablesDialog),
  () => usePresetWish(({ wish }) => wish !== null),
)

/** Chooses a preset; a chip names the one that sets something for the conversation, and takes that off again. */
export function PresetMenu({
  conversationId,
  onEdit,
}: {
  conversationId: string | null
  /** Opens where presets are changed. */
  onEdit: () => void
}): ReactNode {
  const presets = usePresets((state) => state.presets)
  const applied = useAppliedPreset(conversationId)
  /** Whether the words of what was just chosen are in the question, where one goes on then. */
  const isIn = useRef(false)
  const item = ({ id, preset }: ListedPreset): ReactNode => (
    <MenuItem key={id} onSelect={() => void (isIn.current = !choosePreset(conversationId, preset))}>
      <span className="truncate" title={preset.about}>
        {preset.name}
      </span>
    </MenuItem>
  )
  const own = presets.filter(({ isOwn }) => isOwn)
  const menu = (trigger: ReactNode): ReactNode => (
    <Menu
      trigger={trigger}
      finalFocus={() => {
        const next = isIn.current ? questionField() : null
        isIn.current = false
        return next ?? true
      }}
    >
      <div className="w-64 max-w-[calc(100vw-2rem)]">
        {own.length > 0 ? (
          <Base.Group className="mb-1 border-b border-hairline pb-1">
            <Base.GroupLabel className="px-2 pt-1 pb-1 text-small text-muted">{t`Your own`}</Base.GroupLabel>
            {own.map(item)}
          </Base.Group>
        ) : null}
        <Base.Group>
          <Base.GroupLabel className="px-2 pt-1 pb-1 text-small text-muted">
            {t`Presets`} <span className="text-subtle">{t`or type / at the start of the question`}</span>
          </Base.GroupLabel>
          {presets.filter(({ isOwn }) => !isOwn).map(item)}
        </Base.Group>
        <div className="mt-1 border-t border-hairline pt-1">
          <MenuItem onSelect={onEdit}>
            <Settings2 />
            {t`Edit presets…`}
          </MenuItem>
        </div>
      </div>
    </Menu>
  )
  const takeOff = (): void => {
    applyPreset(conversationId, null)
    planPrepare(conversationId, 'pictures')
  }
  return (
    <>
      {applied ? (
        <Chip testId="preset-chip" removeLabel={t`Take off the preset ${applied.name}`} onRemove={takeOff}>
          {menu(
            <MenuTrigger
              className="h-full min-w-0 truncate rounded-md pl-2 hover:underline"
              aria-label={t`Preset: ${applied.name}`}
              title={t`${applied.name} sets for this conversation: ${summaryOf(applied)}`}
            >
              {applied.name}
            </MenuTrigger>,
          )}
        </Chip>
      ) : (
        menu(
          <MenuTrigger className={iconButtonClass()} aria-label={t`Presets`} title={t`Presets`}>
            <NotebookText />
          </MenuTrigger>,
        )
      )}
      <VariablesDialog />
    </>
  )
}
