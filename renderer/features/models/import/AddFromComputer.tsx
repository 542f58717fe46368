import { t } from '@lingui/core/macro'
import type { ErrorInfo, FoundModel, Model } from '#contract'
import { useDeferredValue, useEffect, useRef, useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { DialogFrame } from '../../../components/primitives/Dialog.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { Segmented } from '../../../components/primitives/FormControls.tsx'
import { TextField } from '../../../components/primitives/TextField.tsx'
import { announce } from '../../../lib/announce.ts'
import { toAppError } from '../../../lib/errors.ts'
import { counted } from '../../../lib/format.ts'
import { PathField } from '../PathField.tsx'
import { addModel, pairVerdict, scanFor } from '../library/store.ts'
import { useAttempt } from '../library/useAttempt.ts'
import { TryOthers } from '../pairing/TryProjectors.tsx'
import { FoundRow } from './FoundRow.tsx'

const modes = [
  { value: 'in-place', label: t`Where they are` },
  { value: 'copy', label: t`As a copy` },
] as const

interface Search {
  /** null: the usual places. */
  readonly path: string | null
  readonly found: readonly FoundModel[] | null
  readonly error: ErrorInfo | null
}

/** Finds model files of this computer, in the usual places or in a folder, and takes them into the library. */
export function AddFromComputer({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}): ReactNode {
  return (
    <DialogFrame
      open={open}
      onOpenChange={onOpenChange}
      title={t`Add from this computer`}
      description={t`Qwen-VL models in GGUF form that are already here.`}
    >
      <Finder />
    </DialogFrame>
  )
}

/** From so many models on the list can be searched, and those that cannot be used are folded away. */
const MANY = 12

/** The models that were found, usable ones first. */
function FoundList({ found, mode }: { found: readonly FoundModel[]; mode: 'in-place' | 'copy' }): ReactNode {
  const [query, setQuery] = useState('')
  const isMany = found.length > MANY
  const words = useDeferredValue(query).toLowerCase().split(/\s+/).filter(Boolean)
  const matches = ({ name, keeper, textPath, quantization }: FoundModel): boolean => {
    const text = `${name} ${keeper} ${quantization} ${textPath}`.toLowerCase()
    return words.every((word) => text.includes(word))
  }
  const shown = isMany ? found.filter(matches) : found
  const usable = shown.filter(({ problem }) => problem === null)
  const unusable = shown.filter(({ problem }) => problem !== null)
  const isFolded = isMany && usable.length > 0
  const rows = (models: readonly FoundModel[]): ReactNode =>
    models.map((one) => <FoundRow key={one.textPath} found={one} mode={mode} />)
  return (
    <>
      {isMany ? (
        <div className="mb-2 flex items-center gap-3">
          <TextField
            type="search"
            aria-label={t`Search the found models`}
            placeholder={t`Search`}
            value={query}
            maxLength={200}
            onChange={(event) => setQuery(event.target.value)}
            className="h-8 min-w-0 flex-1"
          />
          <span className="shrink-0 text-muted tabular-nums">{counted(usable.length, 'model')}</span>
        </div>
      ) : null}
      {shown.length === 0 ? (
        <p className="rounded-lg bg-sunken px-3 py-3 text-muted">{t`None of them is called that.`}</p>
      ) : null}
      {usable.length > 0 || !isFolded ? (
        <ul aria-label={t`Found`} className="overflow-hidden rounded-lg border border-hairline empty:hidden">
          {rows(usable)}
          {isFolded ? null : rows(unusable)}
        </ul>
      ) : null}
      {isFolded && unusable.length > 0 ? (
        <Disclosure label={t`Cannot be used`} note={unusable.length} className="mt-3">
          <ul aria-label={t`Cannot be used`} className="mt-1 overflow-hidden rounded-lg border border-hairline">
            {rows(unusable)}
          </ul>
        </Disclosure>
      ) : null}
    </>
  )
}

function Finder(): ReactNode {
  const [path, setPath] = useState('')
  const [mode, setMode] = useState<'in-place' | 'copy'>('in-place')
  const [{ path: searched, found, error }, setSearch] = useState<Search>({ path: null, found: null, error: null })
  const latest = useRef(0)
  const search = async (where: string | null): Promise<void> => {
    const turn = ++latest.current
    setSearch({ path: where, found: null, error: null })
    try {
      const models = await scanFor(where)
      if (turn === latest.current) setSearch({ path: where, found: models, error: null })
    } catch (thrown) {
      if (turn === latest.current) setSearch({ path: where, found: null, error: toAppError(thrown).toInfo() })
    }
  }
  const first = useRef(search)
  useEffect(() => {
    const turns = latest
    void first.current(null)
    return () => void turns.current++
  }, [])
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    void search(path.trim() || null)
  }
  return (
    <>
      <form aria-label={t`Search a folder`} onSubmit={submit} className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <PathField
            label={t`Folder or file`}
            note={t`Empty: where LM Studio, Ollama, Msty, llama.cpp, Jan and GPT4All keep theirs.`}
            placeholder={t`/path/to/folder`}
            value={path}
            onChange={setPath}
          />
        </div>
        <Button type="submit">{t`Search`}</Button>
      </form>
      <section aria-label={t`Found models`} className="mt-4">
        {error ? (
          <ErrorNote message={error.message} />
        ) : found === null ? (
          <div className="py-3">
            <p className="mb-2 text-muted">{searched === null ? t`Looking in the usual places…` : t`Looking…`}</p>
            <ProgressBar label={t`Searching`} share={null} />
          </div>
        ) : found.length === 0 ? (
          <p className="rounded-lg bg-sunken px-3 py-3 text-muted">
            {searched === null
              ? t`No models were found where LM Studio, Ollama, Msty, llama.cpp, Jan and GPT4All keep theirs. Name a folder to look in.`
              : t`There is no model file in this folder.`}
          </p>
        ) : (
          <>
            <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
              <p className="text-muted">{t`Add them`}</p>
              <Segmented label={t`Add them`} value={mode} options={modes} onChange={setMode} />
            </div>
            <FoundList found={found} mode={mode} />
          </>
        )}
      </section>
      <Disclosure label={t`By the paths of its two files`} className="mt-4 border-t border-hairline pt-2">
        <AddByPaths />
      </Disclosure>
    </>
  )
}

/** Adds a model by the paths of its two files; both are checked before it is taken and used. */
function AddByPaths(): ReactNode {
  const [textPath, setTextPath] = useState('')
  const [projectorPath, setProjectorPath] = useState('')
  const [unsure, setUnsure] = useState<{ model: Model; why: string } | null>(null)
  const { busy, error, attempt } = useAttempt()
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    await attempt(async () => {
      const [text, projector] = [textPath.trim(), projectorPath.trim()]
      const model = await addModel(text, projector || null)
      const verdict = projector === '' ? null : await pairVerdict(text, projector)
      setUnsure(verdict?.verdict === 'unsure' ? { model, why: verdict.why ?? '' } : null)
      setTextPath('')
      setProjectorPath('')
      announce(t`${model.name} is now the current model`)
    })
  }
  return (
    <form
      aria-label={t`Add a model`}
      onSubmit={(event) => void submit(event)}
      className="flex flex-col gap-3 pt-2 pb-1"
    >
      <PathField
        label={t`Language model`}
        placeholder="…/Qwen2-VL-2B-Instruct-Q4_K_M.gguf"
        value={textPath}
        onChange={setTextPath}
      />
      <PathField
        label={t`Projector`}
        note={t`The file that lets it see, often called mmproj. Without it the model answers text only.`}
        placeholder="…/mmproj-Qwen2-VL-2B-Instruct-f16.gguf"
        value={projectorPath}
        onChange={setProjectorPath}
      />
      {error ? <ErrorNote message={error.message} /> : null}
      {unsure ? (
        <div role="status" className="rounded-lg bg-warning-soft px-3 py-2.5">
          <p className="[overflow-wrap:anywhere]">{t`${unsure.model.name} was added. ${unsure.why}`}</p>
          <TryOthers model={unsure.model} label={t`Try it on a picture…`} />
        </div>
      ) : null}
      <div className="flex justify-end">
        <Button kind="primary" type="submit" disabled={busy || textPath.trim() === ''}>
          {busy ? t`Checking the files…` : t`Add model`}
        </Button>
      </div>
    </form>
  )
}
