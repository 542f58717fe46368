import { t } from '@lingui/core/macro'
import type { LibraryModel, ModelFile } from '#contract'
import { Check, Copy, X } from 'lucide-react'
import { useState } from 'react'
import type { FormEvent, ReactNode } from 'react'
import { Button, IconButton } from '../../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { NumberSetting } from '../../../components/primitives/FormControls.tsx'
import { announce } from '../../../lib/announce.ts'
import { useCopied } from '../../../lib/copyAndSave.ts'
import { cx } from '../../../lib/cx.ts'
import { bytes } from '../../../lib/format.ts'
import { useHost } from '../../../lib/host.ts'
import { ModelSheet } from '../ModelSheet.tsx'
import { PathField } from '../PathField.tsx'
import { cancelWork, shareOf, useFileWork, verifyKey, verifyModel } from '../fileWork.ts'
import { revealModel, setAdapter } from './store.ts'
import { useAttempt } from './useAttempt.ts'
import { told } from '../../../lib/errors.ts'

const digests: Record<ModelFile['digest'], string> = {
  unknown: t`not checked yet`,
  verified: t`verified against its source`,
  computed: t`checked, its source tells no digest`,
  changed: t`changed since it was added`,
}
const roles: Record<ModelFile['role'], string> = {
  text: t`Language model`,
  projector: t`Projector`,
  adapter: t`Adapter`,
}

/** The files of a model: where they are, whether they are what they were, and the way to check that. */
export function ModelFiles({ model: { model, files } }: { model: LibraryModel }): ReactNode {
  const work = useFileWork((state) => state.running[verifyKey(model.id)])
  const canReveal = useHost((state) => state.host?.capabilities.reveal ?? false)
  const { error, attempt } = useAttempt()
  const isWorking = work !== undefined && !work.error
  const verify = async (): Promise<void> => {
    const checked = await verifyModel(model.id)
    if (checked)
      announce(
        checked.files.some(({ digest }) => digest === 'changed')
          ? t`Files of ${model.name} have changed`
          : t`The files of ${model.name} are sound`,
      )
  }
  const failure = work?.error ?? error
  return (
    <div className="pt-1 pb-3">
      <ul className="flex flex-col gap-3">
        {files.map((file) => (
          <File key={file.path} file={file} />
        ))}
      </ul>
      {failure ? <ErrorNote message={told(failure)} className="mt-3" /> : null}
      {isWorking ? (
        <div className="mt-3 flex items-center gap-3">
          <div className="min-w-0 flex-1">
            <p className="mb-1.5 text-muted tabular-nums">
              {work.bytes > 0 ? t`Checking ${bytes(work.doneBytes)} of ${bytes(work.bytes)}` : t`Checking…`}
            </p>
            <ProgressBar label={t`Checking the files of ${model.name}`} share={shareOf(work)} />
          </div>
          <Button onClick={() => cancelWork(verifyKey(model.id))}>{t`Cancel`}</Button>
        </div>
      ) : (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button onClick={() => void verify()}>{t`Check the files`}</Button>
          <ModelSheet name={model.name} paths={files.map(({ path }) => path)} />
          {canReveal ? (
            <Button onClick={() => void attempt(() => revealModel(model.id))}>{t`Show in folder`}</Button>
          ) : null}
        </div>
      )}
    </div>
  )
}

function File({ file }: { file: ModelFile }): ReactNode {
  const [copied, copy] = useCopied()
  const name = file.path.split(/[/\\]/).at(-1) ?? file.path
  const isAway = file.awayDrive !== null
  const isBad = !isAway && (!file.exists || file.digest === 'changed')
  const state =
    file.awayDrive !== null
      ? t`on a drive that is not connected (${file.awayDrive})`
      : file.exists
        ? digests[file.digest]
        : t`not found, it was moved or deleted`
  return (
    <li className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <p className="font-mono text-small [overflow-wrap:anywhere]" title={file.path}>
          {name}
        </p>
        <p
          className={cx(
            'tabular-nums [overflow-wrap:anywhere]',
            isBad ? 'text-danger' : isAway ? 'text-warning' : 'text-muted',
          )}
        >
          {roles[file.role]} · {bytes(file.bytes)} · {state}
        </p>
      </div>
      <IconButton label={copied ? t`Copied` : t`Copy the path of ${name}`} size="small" onClick={() => copy(file.path)}>
        {copied ? <Check /> : <Copy />}
      </IconButton>
    </li>
  )
}

/** The LoRA adapters of a model and how strongly each applies; one more is added by its file. */
export function Adapters({ id, adapters }: { id: string; adapters: readonly ModelFile[] }): ReactNode {
  const [path, setPath] = useState('')
  const { busy, error, attempt } = useAttempt()
  const add = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    if (await attempt(() => setAdapter(id, path.trim(), 1))) setPath('')
  }
  return (
    <div className="pt-1 pb-3">
      {adapters.length > 0 ? (
        <ul className="mb-3 flex flex-col gap-2">
          {adapters.map((file) => {
            const name = file.path.split(/[/\\]/).at(-1) ?? file.path
            return (
              <li key={file.path} className="flex items-center gap-2">
                <span className="min-w-0 flex-1 font-mono text-small [overflow-wrap:anywhere]" title={file.path}>
                  {name}
                </span>
                <NumberSetting
                  label={t`Strength of ${name}`}
                  value={file.scale ?? 1}
                  fallback={1}
                  min={-10}
                  max={10}
                  step={0.05}
                  onChange={(scale) => void attempt(() => setAdapter(id, file.path, scale ?? 1))}
                />
                <IconButton
                  label={t`Take away ${name}`}
                  onClick={() => void attempt(() => setAdapter(id, file.path, null))}
                >
                  <X />
                </IconButton>
              </li>
            )
          })}
        </ul>
      ) : null}
      <form aria-label={t`Add an adapter`} onSubmit={(event) => void add(event)}>
        <PathField
          label={t`LoRA adapter`}
          note={t`A GGUF file that was made for this model. Its strength is 1 unless you change it.`}
          placeholder="…/adapter.gguf"
          value={path}
          onChange={setPath}
        />
        {error ? <ErrorNote message={error.message} className="mt-3" /> : null}
        <div className="mt-2 flex justify-end">
          <Button type="submit" disabled={busy || path.trim() === ''}>{t`Add adapter`}</Button>
        </div>
      </form>
    </div>
  )
}
