import { Checkbox } from '@base-ui/react/checkbox'
import { Check } from 'lucide-react'
import { useEffect, useState, type ReactNode } from 'react'
import type { LibraryModel } from '#contract'
import { Confirm } from '../../../components/primitives/Confirm.tsx'
import { announce } from '../../../lib/announce.ts'
import { bytes, counted } from '../../../lib/format.ts'
import { openModels } from '../place.ts'
import { removeModel, usesOf } from './store.ts'

/** Asks before a model is removed: what used it, and whether its files go too. */
export function DeleteModel({
  model: one,
  open,
  onOpenChange,
}: {
  model: LibraryModel
  open: boolean
  onOpenChange: (open: boolean) => void
}): ReactNode {
  const { model, isOwned, isCurrent } = one
  const [withFiles, setWithFiles] = useState(isOwned)
  const [uses, setUses] = useState<{ conversations: number; titles: readonly string[] } | null>(null)
  useEffect(() => {
    if (!open) return
    let isOver = false
    // The conversations that used it are information only; removing works without them.
    usesOf(model.id).then(
      (known) => isOver || setUses(known),
      () => {},
    )
    return () => {
      isOver = true
    }
  }, [open, model.id])
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title={`Remove ${model.name}?`}
      description={[
        isCurrent ? 'It is the model in use; the demo model takes its place.' : null,
        isOwned ? null : 'Its files are not in the models folder: they stay where they are.',
      ]
        .filter(Boolean)
        .join(' ')}
      action={isOwned && withFiles ? 'Remove and delete files' : 'Remove from the list'}
      onConfirm={async () => {
        await removeModel(model.id, isOwned && withFiles)
        announce(`${model.name} was removed`)
        openModels()
      }}
    >
      {uses && uses.conversations > 0 ? (
        <div className="mt-2 text-muted">
          <p>
            It answered last in {counted(uses.conversations, 'conversation')}.{' '}
            {uses.conversations === 1 ? 'It stays' : 'They stay'}, and another model can go on with{' '}
            {uses.conversations === 1 ? 'it' : 'them'}.
          </p>
          <ul className="mt-1.5 flex flex-col gap-0.5 border-l-2 border-hairline pl-3">
            {uses.titles.slice(0, 3).map((title, i) => (
              <li key={i} className="truncate">
                {title}
              </li>
            ))}
            {uses.conversations > 3 ? <li className="text-subtle">and {uses.conversations - 3} more</li> : null}
          </ul>
        </div>
      ) : null}
      {isOwned ? (
        <label className="mt-3 flex items-start gap-2.5">
          <Checkbox.Root
            checked={withFiles}
            onCheckedChange={setWithFiles}
            className="mt-px flex size-4 shrink-0 items-center justify-center rounded-[4px] border border-control bg-raised data-[checked]:border-accent data-[checked]:bg-accent"
          >
            <Checkbox.Indicator>
              <Check className="size-3 text-on-accent" strokeWidth={3} aria-hidden />
            </Checkbox.Indicator>
          </Checkbox.Root>
          <span>Delete its files too, which frees {bytes(model.bytes)}</span>
        </label>
      ) : null}
    </Confirm>
  )
}
