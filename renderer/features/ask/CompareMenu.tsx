import { Menu as Base } from '@base-ui/react/menu'
import { Columns2, Plus } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { Chip } from '../../components/primitives/Chip.tsx'
import { iconButtonClass } from '../../components/primitives/IconButton.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { useCompared } from '../../lib/comparing.ts'
import { openPage } from '../../lib/route.ts'
import { compareWith, modelsToCompare, type ModelsToCompare } from './compare.ts'

/** Chooses a second model to answer beside the current one; while one is chosen, a chip that names it and ends it. */
export function CompareMenu({ conversationId }: { conversationId: string | null }): ReactNode {
  const compared = useCompared(conversationId)
  const [models, setModels] = useState<ModelsToCompare | null>(null)
  if (compared) {
    return (
      <Chip testId="compare-chip" removeLabel="End comparing" onRemove={() => compareWith(conversationId, null)}>
        <span className="truncate pl-2" title={`Comparing with ${compared.name}`}>
          Comparing with {compared.name}
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
          aria-label="Compare with another model"
          title="Compare with another model"
        >
          <Columns2 />
        </MenuTrigger>
      }
    >
      <Base.Group className="max-w-72">
        <Base.GroupLabel className="px-2 pt-1 pb-1.5 text-small text-muted">
          <span className="block font-semibold text-ink">Compare with…</span>
          Both models answer each question. Each sees the one conversation that you go on with, not what stood beside
          it.
        </Base.GroupLabel>
        {models?.map((model) => (
          <MenuItem key={model.id} onSelect={() => compareWith(conversationId, model)}>
            <span className="truncate">{model.name}</span>
          </MenuItem>
        ))}
        {models?.length === 0 ? (
          <MenuItem onSelect={() => openPage('models/get')}>
            <Plus />
            Get another model
          </MenuItem>
        ) : null}
      </Base.Group>
    </Menu>
  )
}
