import { ArrowLeft, Pencil, X } from 'lucide-react'
import { useEffect, useRef, useState, type ReactNode, Fragment } from 'react'
import type { EngineStatus, LibraryModel } from '#contract'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { IconButton } from '../../../components/primitives/IconButton.tsx'
import { TryOthers } from '../pairing/TryOthers.tsx'
import { openModels } from '../place.ts'
import { Adapters } from './Adapters.tsx'
import { Benchmark } from './Benchmark.tsx'
import { DeleteModel } from './DeleteModel.tsx'
import { ModelDefaultsForm } from './ModelDefaultsForm.tsx'
import { ModelFiles } from './ModelFiles.tsx'
import { ModelName } from './ModelName.tsx'
import { changedWords } from './listing.ts'
import { UseModel } from './UseModel.tsx'
import { bytes, day, tokens } from '../../../lib/format.ts'

/** Everything about one model, beside the list; in its place where there is no room for both. */
export function ModelPanel({
  model: one,
  engine,
  today,
}: {
  model: LibraryModel
  engine: EngineStatus | null
  today: number
}): ReactNode {
  const { model, overrides, files } = one
  const [renaming, setRenaming] = useState(false)
  const [deleting, setDeleting] = useState(false)
  const panel = useRef<HTMLElement>(null)
  const adapters = files.filter(({ role }) => role === 'adapter')
  useEffect(() => panel.current?.focus({ preventScroll: true }), [])
  return (
    <aside
      ref={panel}
      tabIndex={-1}
      aria-label={`Particulars of ${model.name}`}
      className="min-w-0 flex-1 overflow-y-auto outline-none @min-[820px]:max-w-[420px] @min-[820px]:basis-[420px] @min-[820px]:border-l @min-[820px]:border-hairline"
    >
      <div className="mx-auto w-full max-w-[760px] px-4 py-4 mid:px-6">
        <div className="flex items-start gap-1">
          <IconButton label="Back to the list" className="-ml-2 @min-[820px]:hidden" onClick={() => openModels()}>
            <ArrowLeft />
          </IconButton>
          {renaming ? (
            <ModelName id={model.id} name={model.name} onDone={() => setRenaming(false)} />
          ) : (
            <h2
              className="min-w-0 flex-1 py-1 text-read font-semibold [overflow-wrap:anywhere]"
              onDoubleClick={() => !model.isDemo && setRenaming(true)}
            >
              {model.name}
            </h2>
          )}
          {model.isDemo || renaming ? null : (
            <IconButton label="Rename" onClick={() => setRenaming(true)}>
              <Pencil />
            </IconButton>
          )}
          <IconButton
            label="Close the particulars"
            hint="Esc"
            className="-mr-2 hidden! @min-[820px]:inline-flex!"
            onClick={() => openModels()}
          >
            <X />
          </IconButton>
        </div>
        {model.notice ? <p className="mt-1 text-muted">{model.notice}</p> : null}
        <UseModel id={model.id} name={model.name} isCurrent={one.isCurrent} engine={engine} />
        <ModelFacts model={one} today={today} />
        <div className="mt-5 flex flex-col divide-y divide-hairline border-y border-hairline">
          <Disclosure label="Defaults for this model" note={changedWords(overrides)} className="py-1">
            <ModelDefaultsForm model={one} />
          </Disclosure>
          <Disclosure label="Speed" className="py-1">
            <Benchmark id={model.id} name={model.name} />
          </Disclosure>
          {model.isDemo ? null : (
            <Disclosure label="Projector" className="py-1">
              <div className="pt-1 pb-3">
                <p className="font-mono text-small [overflow-wrap:anywhere]">
                  {model.projectorPath?.split(/[/\\]/).at(-1) ?? 'None, it answers text only'}
                </p>
                <p className="mt-1 text-muted">
                  If it describes what is not there, its projector may be that of another family.
                </p>
                <TryOthers model={model} label="Try others…" />
              </div>
            </Disclosure>
          )}
          <Disclosure label="Adapters" note={adapters.length || null} className="py-1">
            <Adapters id={model.id} adapters={adapters} />
          </Disclosure>
          <Disclosure
            label="Files"
            note={<FilesNote model={one} />}
            className="py-1"
            defaultOpen={files.some(
              ({ exists, awayDrive, digest }) => (!exists && awayDrive === null) || digest === 'changed',
            )}
          >
            <ModelFiles model={one} />
          </Disclosure>
        </div>
        {model.isDemo ? null : (
          <Button
            kind="quiet"
            className="mt-4 -ml-3 text-danger! enabled:hover:bg-danger-soft!"
            onClick={() => setDeleting(true)}
          >
            Remove this model…
          </Button>
        )}
        {model.isDemo ? null : <DeleteModel model={one} open={deleting} onOpenChange={setDeleting} />}
      </div>
    </aside>
  )
}

function FilesNote({ model: { files } }: { model: LibraryModel }): ReactNode {
  const own = files.filter(({ role }) => role !== 'adapter')
  if (own.some(({ awayDrive }) => awayDrive !== null)) return <Badge tone="warning">Drive away</Badge>
  if (own.some(({ exists }) => !exists)) return <Badge tone="danger">Missing</Badge>
  if (own.some(({ digest }) => digest === 'changed')) return <Badge tone="danger">Changed</Badge>
  return own.every(({ digest }) => digest === 'verified') ? 'Verified' : null
}

const families = { qwen2vl: 'Qwen2-VL', qwen25vl: 'Qwen2.5-VL' }

/** The facts about a model as a list. `today` is a time of today in ms. */
export function ModelFacts({ model: one, today }: { model: LibraryModel; today: number }): ReactNode {
  const { model } = one
  const facts: readonly (readonly [string, string | null])[] = [
    ['Family', one.family && families[one.family]],
    ['Quantization', one.quantization],
    ['Projector', model.projectorPath === null ? 'None, answers text only' : (one.projectorQuantization ?? 'Yes')],
    ['Size', bytes(model.bytes)],
    ['Trained for', tokens(one.trainedContext)],
    ['From', model.isDemo ? 'Comes with the app' : one.origin],
    ['Added', model.isDemo ? null : day(one.addedAt, today)],
    ['Last used', one.lastUsedAt === null ? 'Not yet' : day(one.lastUsedAt, today)],
  ]
  return (
    <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-6 gap-y-1 tabular-nums">
      {facts.map(([name, value]) =>
        value === null ? null : (
          <Fragment key={name}>
            <dt className="text-muted">{name}</dt>
            <dd className="[overflow-wrap:anywhere] first-letter:uppercase">{value}</dd>
          </Fragment>
        ),
      )}
    </dl>
  )
}
