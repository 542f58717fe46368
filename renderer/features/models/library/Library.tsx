import { t } from '@lingui/core/macro'
import type { EngineStatus, LibraryModel } from '#contract'
import { ChevronRight, FolderPlus } from 'lucide-react'
import { useDeferredValue, useEffect, useId, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { TextField, fieldClass } from '../../../components/primitives/TextField.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { useToday } from '../../../lib/useToday.ts'
import { shareOf, useFileWork, verifyKey } from '../fileWork.ts'
import { AddFromComputer } from '../import/AddFromComputer.tsx'
import { openModel, openModels } from '../place.ts'
import { ModelPanel } from './ModelPanel.tsx'
import { ModelsSpace } from './ModelsSpace.tsx'
import { factsOf, listed, orders, troubleOf } from './listing.ts'
import type { Order } from './listing.ts'
import { chooseModel, useLibrary } from './store.ts'

/** From so many models on the list can be searched and ordered. */
const MANY = 8

/** Up and down arrows go through the models. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (by === 0 || !(event.target as Element).matches('[data-model-link]')) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-model-link]')]
  event.preventDefault()
  links[links.indexOf(event.target as HTMLElement) + by]?.focus()
}

/** The models on this computer, and beside them the particulars of one. */
export function Library({ engine, selectedId }: { engine: EngineStatus | null; selectedId: string | null }): ReactNode {
  const models = useLibrary((state) => state.models)
  const today = useToday()
  const [query, setQuery] = useState('')
  const [order, setOrder] = useState<Order>('used')
  const [adding, setAdding] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const search = useDeferredValue(query)
  const isMany = (models?.length ?? 0) > MANY
  const shown = models ? listed(models, isMany ? search : '', isMany ? order : null) : []
  const selected = models?.find(({ model }) => model.id === selectedId)
  const last = useRef(selectedId)
  useEffect(() => {
    // The focus goes back to the row whose particulars were closed.
    if (last.current !== null && selectedId === null)
      document.querySelector<HTMLElement>(`[data-model-link="${CSS.escape(last.current)}"]`)?.focus()
    last.current = selectedId
  }, [selectedId])
  const use = (id: string): void => {
    setFailure(null)
    chooseModel(id).catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }
  return (
    <>
      <div className={cx('min-w-0 flex-1 overflow-y-auto', selected && 'hidden @min-[820px]:block')}>
        <div className="mx-auto w-full max-w-[760px] px-4 py-5 mid:px-6">
          <div className="mb-3 flex flex-wrap items-center gap-2">
            {isMany ? (
              <>
                <TextField
                  type="search"
                  aria-label={t`Search models`}
                  placeholder={t`Search`}
                  value={query}
                  maxLength={200}
                  onChange={(event) => setQuery(event.target.value)}
                  onKeyDown={(event) => {
                    if (event.key !== 'Escape' || query === '') return
                    event.preventDefault()
                    setQuery('')
                  }}
                  className="h-8 min-w-32 flex-1"
                />
                <select
                  aria-label={t`Order`}
                  value={order}
                  onChange={(event) => setOrder(event.target.value as Order)}
                  className={cx(fieldClass, 'h-8 w-auto! py-0')}
                >
                  {Object.entries(orders).map(([value, label]) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                </select>
              </>
            ) : (
              <p className="min-w-40 flex-1 text-muted">{t`Qwen-VL models in GGUF form.`}</p>
            )}
            <Button onClick={() => setAdding(true)}>
              <FolderPlus aria-hidden />
              {t`Add from this computer`}
            </Button>
          </div>
          {failure ? <ErrorNote message={failure} className="mb-3" /> : null}
          {models === null ? (
            <p className="py-6 text-center text-muted">{t`Looking for models…`}</p>
          ) : shown.length === 0 ? (
            <p className="py-6 text-center text-muted">{t`No model is called that.`}</p>
          ) : (
            <ul
              aria-label={t`Models on this computer`}
              onKeyDown={walk}
              className="overflow-hidden rounded-lg border border-hairline bg-raised"
            >
              {shown.map((one) => (
                <ModelRow
                  key={one.model.id}
                  model={one}
                  engine={one.isCurrent ? engine : null}
                  today={today}
                  isOpen={one.model.id === selectedId}
                  onOpen={() => (one.model.id === selectedId ? openModels() : openModel(one.model.id))}
                  onUse={() => use(one.model.id)}
                />
              ))}
            </ul>
          )}
          {models?.every(({ model }) => model.isDemo) ? (
            <div className="mt-4 flex flex-wrap items-center gap-3 rounded-lg bg-sunken px-4 py-3">
              <p className="min-w-48 flex-1 text-muted">{t`The demo model only knows simple drawings. A real one reads photos, documents and charts.`}</p>
              <Button kind="primary" onClick={() => openModels('get')}>{t`Get a model`}</Button>
            </div>
          ) : null}
          <ModelsSpace key={models?.length ?? 0} />
        </div>
      </div>
      {selected ? (
        <ModelPanel
          key={selected.model.id}
          model={selected}
          engine={selected.isCurrent ? engine : null}
          today={today}
        />
      ) : null}
      <AddFromComputer open={adding} onOpenChange={setAdding} />
    </>
  )
}

/** One model of the list: what it is, whether it is in use, and the way to its particulars. */
function ModelRow({
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
            {model.isDemo ? <Badge>{t`Demo`}</Badge> : null}
            {model.projectorPath === null ? <Badge>{t`Text only`}</Badge> : null}
            {trouble ? <Badge tone={trouble === 'Drive away' ? 'warning' : 'danger'}>{trouble}</Badge> : null}
          </span>
          <span id={facts} className="mt-0.5 block text-muted tabular-nums [overflow-wrap:anywhere]">
            {factsOf(one, today)}
          </span>
        </span>
      </button>
      {isCurrent ? (
        <span className="text-muted">{engine?.state === 'loading' ? t`Loading` : t`In use`}</span>
      ) : (
        <Button onClick={onUse} aria-label={t`Use ${model.name}`}>{t`Use`}</Button>
      )}
      <ChevronRight className={cx('size-4 shrink-0 text-subtle', isOpen && 'text-ink')} aria-hidden />
      {engine?.state === 'loading' ? (
        <ProgressBar
          label={t`Loading ${model.name}`}
          share={engine.progress}
          className="absolute! inset-x-0 bottom-0 h-0.5! rounded-none"
        />
      ) : null}
      {work && !work.error ? (
        <ProgressBar
          label={t`Checking ${model.name}`}
          share={shareOf(work)}
          className="absolute! inset-x-0 bottom-0 h-0.5! rounded-none"
        />
      ) : null}
    </li>
  )
}
