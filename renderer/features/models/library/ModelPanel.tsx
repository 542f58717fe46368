import { plural, t } from '@lingui/core/macro'
import type { EngineStatus, LibraryModel, ModelFamily } from '#contract'
import { Checkbox } from '@base-ui/react/checkbox'
import { ArrowLeft, Check, Pencil, X } from 'lucide-react'
import { Fragment, useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { Button, IconButton } from '../../../components/primitives/Button.tsx'
import { Confirm } from '../../../components/primitives/Dialog.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { announce } from '../../../lib/announce.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes, day, tokens } from '../../../lib/format.ts'
import { useProfileOf } from '../../../lib/profiles.ts'
import { TryOthers } from '../pairing/TryProjectors.tsx'
import { openModels } from '../place.ts'
import { Benchmark } from './Benchmark.tsx'
import { ModelDefaultsForm } from './ModelDefaultsForm.tsx'
import { Adapters, ModelFiles } from './ModelFiles.tsx'
import { ModelProfile } from './ModelProfile.tsx'
import { UseModel } from './UseModel.tsx'
import { changesText } from './listing.ts'
import { removeModel, renameModel, usesOf } from './store.ts'

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
      aria-label={t`Particulars of ${model.name}`}
      className="min-w-0 flex-1 overflow-y-auto outline-none @min-[820px]:max-w-[420px] @min-[820px]:basis-[420px] @min-[820px]:border-l @min-[820px]:border-hairline"
    >
      <div className="mx-auto w-full max-w-[760px] px-4 py-4 mid:px-6">
        <div className="flex items-start gap-1">
          <IconButton label={t`Back to the list`} className="-ml-2 @min-[820px]:hidden" onClick={() => openModels()}>
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
            <IconButton label={t`Rename`} onClick={() => setRenaming(true)}>
              <Pencil />
            </IconButton>
          )}
          <IconButton
            label={t`Close the particulars`}
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
          <Disclosure label={t`Defaults for this model`} note={changesText(overrides)} className="py-1">
            <ModelDefaultsForm model={one} />
          </Disclosure>
          {model.isDemo ? null : (
            <Disclosure label={t`Profile`} note={<ProfileNote id={model.id} />} className="py-1">
              <ModelProfile model={one} />
            </Disclosure>
          )}
          <Disclosure label={t`Speed`} className="py-1">
            <Benchmark id={model.id} name={model.name} />
          </Disclosure>
          {model.isDemo ? null : (
            <Disclosure label={t`Projector`} className="py-1">
              <div className="pt-1 pb-3">
                <p className="font-mono text-small [overflow-wrap:anywhere]">
                  {model.projectorPath?.split(/[/\\]/).at(-1) ?? t`None, it answers text only`}
                </p>
                <p className="mt-1 text-muted">{t`If it describes what is not there, its projector may be that of another family.`}</p>
                <TryOthers model={model} label={t`Try others…`} />
              </div>
            </Disclosure>
          )}
          <Disclosure label={t`Adapters`} note={adapters.length || null} className="py-1">
            <Adapters id={model.id} adapters={adapters} />
          </Disclosure>
          <Disclosure
            label={t`Files`}
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
          >{t`Remove this model…`}</Button>
        )}
        {model.isDemo ? null : <DeleteModel model={one} open={deleting} onOpenChange={setDeleting} />}
      </div>
    </aside>
  )
}

function ProfileNote({ id }: { id: string }): ReactNode {
  return useProfileOf(id)?.profile.name ?? null
}

function FilesNote({ model: { files } }: { model: LibraryModel }): ReactNode {
  const own = files.filter(({ role }) => role !== 'adapter')
  if (own.some(({ awayDrive }) => awayDrive !== null)) return <Badge tone="warning">{t`Drive away`}</Badge>
  if (own.some(({ exists }) => !exists)) return <Badge tone="danger">{t`Missing`}</Badge>
  if (own.some(({ digest }) => digest === 'changed')) return <Badge tone="danger">{t`Changed`}</Badge>
  return own.every(({ digest }) => digest === 'verified') ? t`Verified` : null
}

const families: Record<ModelFamily, string> = {
  qwen2vl: 'Qwen2-VL',
  qwen25vl: 'Qwen2.5-VL',
  qwen3vl: 'Qwen3-VL',
  qwen35: 'Qwen3.5',
}

/** The facts about a model as a list. `today` is a time of today in ms. */
function ModelFacts({ model: one, today }: { model: LibraryModel; today: number }): ReactNode {
  const { model } = one
  const facts: readonly (readonly [string, string | null])[] = [
    [t`Family`, one.family && families[one.family]],
    [t`Quantization`, one.quantization],
    [t`Projector`, model.projectorPath === null ? t`None, answers text only` : (one.projectorQuantization ?? t`Yes`)],
    [t`Size`, bytes(model.bytes)],
    [t`Trained for`, tokens(one.trainedContext)],
    [t`From`, model.isDemo ? t`Comes with the app` : one.origin],
    [t`Added`, model.isDemo ? null : day(one.addedAt, today)],
    [t`Last used`, one.lastUsedAt === null ? t`Not yet` : day(one.lastUsedAt, today)],
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

/** A model's name being changed in its place. Enter or leaving keeps it, Escape does not. */
function ModelName({ id, name, onDone }: { id: string; name: string; onDone: () => void }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(name)
  const [failure, setFailure] = useState<string | null>(null)
  const ended = useRef(false)
  useEffect(() => field.current?.select(), [])

  const keep = async (): Promise<void> => {
    if (ended.current) return
    ended.current = true
    const next = text.trim()
    if (next === '' || next === name) return onDone()
    try {
      await renameModel(id, next)
      onDone()
    } catch (thrown) {
      ended.current = false
      setFailure(toAppError(thrown).message)
    }
  }
  return (
    <div className="min-w-0 flex-1">
      <TextField
        ref={field}
        aria-label={t`Name of the model`}
        aria-invalid={failure !== null}
        maxLength={120}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Enter') void keep()
          if (event.key !== 'Escape') return
          event.preventDefault()
          ended.current = true
          onDone()
        }}
        className="h-8"
      />
      {failure ? (
        <p role="alert" className="py-1 text-small text-danger">
          {failure}
        </p>
      ) : null}
    </div>
  )
}

/** Asks before a model is removed: what used it, and whether its files go too. */
function DeleteModel({
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
      title={t`Remove ${model.name}?`}
      description={[
        isCurrent ? t`It is the model in use; the demo model takes its place.` : null,
        isOwned ? null : t`Its files are not in the models folder: they stay where they are.`,
      ]
        .filter(Boolean)
        .join(' ')}
      action={isOwned && withFiles ? t`Remove and delete files` : t`Remove from the list`}
      onConfirm={async () => {
        await removeModel(model.id, isOwned && withFiles)
        announce(t`${model.name} was removed`)
        openModels()
      }}
    >
      {uses && uses.conversations > 0 ? (
        <div className="mt-2 text-muted">
          <p>
            {plural(uses.conversations, {
              one: 'It answered last in # conversation. It stays, and another model can go on with it.',
              other: 'It answered last in # conversations. They stay, and another model can go on with them.',
            })}
          </p>
          <ul className="mt-1.5 flex flex-col gap-0.5 border-l-2 border-hairline pl-3">
            {uses.titles.slice(0, 3).map((title, i) => (
              <li key={i} className="truncate">
                {title}
              </li>
            ))}
            {uses.conversations > 3 ? <li className="text-subtle">{t`and ${uses.conversations - 3} more`}</li> : null}
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
          <span>{t`Delete its files too, which frees ${bytes(model.bytes)}`}</span>
        </label>
      ) : null}
    </Confirm>
  )
}
