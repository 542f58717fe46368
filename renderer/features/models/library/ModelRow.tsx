import { ChevronRight } from 'lucide-react'
import { useId, type ReactNode } from 'react'
import type { EngineStatus, LibraryModel } from '#contract'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { cx } from '../../../lib/cx.ts'
import { shareOf, useFileWork, verifyKey } from '../fileWork.ts'
import { factsOf, troubleOf } from './listing.ts'

/** One model of the list: what it is, whether it is in use, and the way to its particulars. */
export function ModelRow({
  model: one,
  engine,
  today,
  isOpen,
  onOpen,
  onUse,
}: {
  model: LibraryModel
  /** The engine while this is the current model. */
  engine: EngineStatus | null
  today: number
  isOpen: boolean
  onOpen: () => void
  onUse: () => void
}): ReactNode {
  const { model, isCurrent } = one
  const work = useFileWork((state) => state.running[verifyKey(model.id)])
  const trouble = troubleOf(one)
  const facts = useId()
  return (
    <li
      className={cx(
        'relative flex items-center gap-2 border-t border-hairline pr-3 first:border-t-0',
        isOpen ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      <button
        type="button"
        data-model-link={model.id}
        aria-label={model.name}
        aria-describedby={facts}
        aria-expanded={isOpen}
        onClick={onOpen}
        className="flex min-w-0 flex-1 items-center gap-3 rounded-md px-3 py-2.5 text-left focus-visible:-outline-offset-2"
      >
        <span className={cx('size-2 shrink-0 rounded-full', isCurrent ? 'bg-accent' : 'bg-transparent')} aria-hidden />
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="font-medium [overflow-wrap:anywhere]">{model.name}</span>
            {model.isDemo ? <Badge>Demo</Badge> : null}
            {model.projectorPath === null ? <Badge>Text only</Badge> : null}
            {trouble ? <Badge tone={trouble === 'Drive away' ? 'warning' : 'danger'}>{trouble}</Badge> : null}
          </span>
          <span id={facts} className="mt-0.5 block text-muted tabular-nums [overflow-wrap:anywhere]">
            {factsOf(one, today)}
          </span>
        </span>
      </button>
      {isCurrent ? (
        <span className="text-muted">{engine?.state === 'loading' ? 'Loading' : 'In use'}</span>
      ) : (
        <Button onClick={onUse} aria-label={`Use ${model.name}`}>
          Use
        </Button>
      )}
      <ChevronRight className={cx('size-4 shrink-0 text-subtle', isOpen && 'text-ink')} aria-hidden />
      {engine?.state === 'loading' ? (
        <ProgressBar
          label={`Loading ${model.name}`}
          share={engine.progress}
          className="absolute! inset-x-0 bottom-0 h-0.5! rounded-none"
        />
      ) : null}
      {work && !work.error ? (
        <ProgressBar
          label={`Checking ${model.name}`}
          share={shareOf(work)}
          className="absolute! inset-x-0 bottom-0 h-0.5! rounded-none"
        />
      ) : null}
    </li>
  )
}
