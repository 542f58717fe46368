import { t } from '@lingui/core/macro'
import { readyFormats } from '#contract'
import type { ChosenFormat } from '#contract'
import { Menu as Base } from '@base-ui/react/menu'
import { Braces, Check } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { Chip, iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { later } from '../../components/primitives/later.tsx'
import { told } from '../../lib/errors.ts'
import { setFormat } from './actions.ts'
import { recentFormats } from './formats.ts'

const FormatDialog = later(() => import('./FormatDialog.tsx').then(({ FormatDialog }) => FormatDialog))

/** The name of a format; of a ready one in the language of the window. */
const nameOf = ({ name, schema }: ChosenFormat): string =>
  readyFormats.some((ready) => ready.name === name && ready.schema === schema) ? told({ message: name }) : name

const groupLabel = 'px-2 pt-1 pb-1 text-small text-muted'

/** Chooses what the answer is held to: a ready format, one that was used before, or a JSON schema of one's own. */
export function FormatMenu({
  conversationId,
  format,
}: {
  conversationId: string | null
  format: ChosenFormat | null
}): ReactNode {
  const [recent, setRecent] = useState<readonly ChosenFormat[]>([])
  const [writing, setWriting] = useState(false)
  const choose = (chosen: ChosenFormat | null): void => setFormat(conversationId, chosen)
  const item = (offered: ChosenFormat): ReactNode => (
    <MenuItem key={offered.name + offered.schema} onSelect={() => choose(offered)}>
      {offered.name === format?.name && offered.schema === format.schema ? (
        <Check aria-label={t`Chosen`} />
      ) : (
        <span className="size-4 shrink-0" />
      )}
      <span className="truncate">{nameOf(offered)}</span>
    </MenuItem>
  )
  const menu = (trigger: ReactNode): ReactNode => (
    <Menu trigger={trigger} onOpen={() => void recentFormats().then(setRecent, () => setRecent([]))}>
      <div className="w-72 max-w-[calc(100vw-2rem)]">
        <Base.Group>
          <Base.GroupLabel className={groupLabel}>
            <span className="block font-semibold text-ink">{t`Answer as…`}</span>
            {t`The answer is held to this form and shown as a table.`}
          </Base.GroupLabel>
          {readyFormats.map(item)}
        </Base.Group>
        {recent.length > 0 ? (
          <Base.Group className="mt-1 border-t border-hairline pt-1">
            <Base.GroupLabel className={groupLabel}>{t`Used before`}</Base.GroupLabel>
            {recent.map(item)}
          </Base.Group>
        ) : null}
        <div className="mt-1 border-t border-hairline pt-1">
          <MenuItem onSelect={() => setWriting(true)}>
            <Braces />
            {t`Own JSON schema…`}
          </MenuItem>
        </div>
      </div>
    </Menu>
  )
  return (
    <>
      {format ? (
        <Chip testId="format-chip" removeLabel={t`No answer format`} onRemove={() => choose(null)}>
          {menu(
            <MenuTrigger
              className="h-full min-w-0 truncate rounded-md pl-2 hover:underline"
              aria-label={t`Answer format: ${nameOf(format)}`}
              title={nameOf(format)}
            >
              {nameOf(format)}
            </MenuTrigger>,
          )}
        </Chip>
      ) : (
        menu(
          <MenuTrigger className={iconButtonClass()} aria-label={t`Answer format`} title={t`Answer format`}>
            <Braces />
          </MenuTrigger>,
        )
      )}
      <FormatDialog open={writing} onOpenChange={setWriting} onChoose={choose} />
    </>
  )
}
