import { t } from '@lingui/core/macro'
import { Menu as Base } from '@base-ui/react/menu'
import { Columns2, Plus } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { Chip, iconButtonClass } from '../../components/primitives/Button.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { announce } from '../../lib/announce.ts'
import { compareIn, useCompared } from '../../lib/comparing.ts'
import type { Compared } from '../../lib/comparing.ts'
import { modelsNow } from '../../lib/models.ts'
import { openPage } from '../../lib/route.ts'
import { call } from '../../lib/rpc.ts'

/** The models that the current one can be compared with, by name. */
export type ModelsToCompare = readonly Compared[]

/** The models of the library but the current one, as they are now. */
export async function modelsToCompare(): Promise<ModelsToCompare> {
  const models = await modelsNow()
  return models
    .filter(({ isCurrent }) => !isCurrent)
    .map(({ model: { id, name } }) => ({ id, name }))
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** Compares with a model from the next question on; null: no more, and its memory is given back when nothing else compares. */
export function compareWith(conversationId: string | null, compared: Compared | null): void {
  const goesOn = compareIn(conversationId, compared)
  announce(compared ? t`Comparing with ${compared.name} from the next question on.` : t`Comparing ended.`)
  // A model that stays in memory is unloaded by itself some minutes later.
  if (!goesOn) call((core) => core.ask.endComparing()).catch(() => {})
}

/** Chooses a second model to answer beside the current one; while one is chosen, a chip that names it and ends it. */
export function CompareMenu({ conversationId }: { conversationId: string | null }): ReactNode {
  const compared = useCompared(conversationId)
  const [models, setModels] = useState<ModelsToCompare | null>(null)
  if (compared) {
    return (
      <Chip testId="compare-chip" removeLabel={t`End comparing`} onRemove={() => compareWith(conversationId, null)}>
        <span className="truncate pl-2" title={t`Comparing with ${compared.name}`}>
          {t`Comparing with ${compared.name}`}
        </span>
      </Chip>
    )
  }
  return (
    <Menu
      onOpen={() => void modelsToCompare().then(setModels, () => setModels([]))}
      trigger={
        <MenuTrigger
          className={iconButtonClass()}
          aria-label={t`Compare with another model`}
          title={t`Compare with another model`}
        >
          <Columns2 />
        </MenuTrigger>
      }
    >
      <Base.Group className="max-w-72">
        <Base.GroupLabel className="px-2 pt-1 pb-1.5 text-small text-muted">
          <span className="block font-semibold text-ink">{t`Compare with…`}</span>
          {t`Both models answer each question. Each sees the one conversation that you go on with, not what stood beside it.`}
        </Base.GroupLabel>
        {models?.map((model) => (
          <MenuItem key={model.id} onSelect={() => compareWith(conversationId, model)}>
            <span className="truncate">{model.name}</span>
          </MenuItem>
        ))}
        {models?.length === 0 ? (
          <MenuItem onSelect={() => openPage('models/get')}>
            <Plus />
            {t`Get another model`}
          </MenuItem>
        ) : null}
      </Base.Group>
    </Menu>
  )
}
