import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import type { LibraryModel, ModelFile } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/ErrorNote.tsx'
import { IconButton } from '../../../components/primitives/IconButton.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { announce } from '../../../lib/announce.ts'
import { cx } from '../../../lib/cx.ts'
import { bytes } from '../../../lib/format.ts'
import { useHost } from '../../../lib/host.ts'
import { useCopied } from '../../../lib/useCopied.ts'
import { cancelWork, shareOf, useFileWork, verifyKey, verifyModel } from '../fileWork.ts'
import { ModelSheet } from '../ModelSheet.tsx'
import { revealModel } from './store.ts'
import { useAttempt } from './useAttempt.ts'

const digests: Record<ModelFile['digest'], string> = {
  unknown: 'not checked yet',
  verified: 'verified against its source',
  computed: 'checked, its source tells no digest',
  changed: 'changed since it was added',
}
const roles: Record<ModelFile['role'], string> = { text: 'Language model', projector: 'Projector', adapter: 'Adapter' }

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
          ? `Files of ${model.name} have changed`
          : `The files of ${model.name} are sound`,
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
      {failure ? <ErrorNote message={failure.message} className="mt-3" /> : null}
      {isWorking ? (
        <div className="mt-3 flex items-center gap-3">
          <div className="min-w-0 flex-1">
            <p className="mb-1.5 text-muted tabular-nums">
              Checking{work.bytes > 0 ? ` ${bytes(work.doneBytes)} of ${bytes(work.bytes)}` : '…'}
            </p>
            <ProgressBar label={`Checking the files of ${model.name}`} share={shareOf(work)} />
          </div>
          <Button onClick={() => cancelWork(verifyKey(model.id))}>Cancel</Button>
        </div>
      ) : (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button onClick={() => void verify()}>Check the files</Button>
          <ModelSheet name={model.name} paths={files.map(({ path }) => path)} />
          {canReveal ? <Button onClick={() => void attempt(() => revealModel(model.id))}>Show in folder</Button> : null}
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
  const state = isAway
    ? `on a drive that is not connected (${file.awayDrive})`
    : file.exists
      ? digests[file.digest]
      : 'not found, it was moved or deleted'
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
      <IconButton label={copied ? 'Copied' : `Copy the path of ${name}`} size="small" onClick={() => copy(file.path)}>
        {copied ? <Check /> : <Copy />}
      </IconButton>
    </li>
  )
}
