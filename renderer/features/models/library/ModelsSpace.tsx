import { t } from '@lingui/core/macro'
import type { ModelSpace } from '#contract'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { announce } from '../../../lib/announce.ts'
import { bytes } from '../../../lib/format.ts'
import { PathField } from '../PathField.tsx'
import { cancelWork, dismissWork, moveKey, moveModels, shareOf, useFileWork } from '../fileWork.ts'
import { modelSpace } from './store.ts'
import { told } from '../../../lib/errors.ts'

/** The disk space that the models take, the folder they are in, and the dialog that moves it. */
export function ModelsSpace(): ReactNode {
  const [space, setSpace] = useState<ModelSpace | null>(null)
  const [isMoving, setIsMoving] = useState(false)
  const [folder, setFolder] = useState('')
  const work = useFileWork((state) => state.running[moveKey])
  useEffect(() => {
    let isOver = false
    // The list above shows a failure of the core; here there is just nothing to tell.
    modelSpace().then(
      (known) => isOver || setSpace(known),
      () => {},
    )
    return () => {
      isOver = true
    }
  }, [])
  if (!space) return null
  const move = async (): Promise<void> => {
    const moved = await moveModels(folder.trim())
    if (!moved) return
    setSpace(moved)
    setIsMoving(false)
    setFolder('')
    announce(t`The models folder was moved`)
  }
  return (
    <section aria-label={t`Space`} className="mt-8">
      <h2 className="mb-2 font-medium">{t`Space`}</h2>
      {space.disks.map((disk) => (
        <div key={disk.path} className="mb-3">
          <p className="tabular-nums">
            {disk.modelBytes > 0
              ? t`${bytes(disk.modelBytes)} of models, ${bytes(disk.freeBytes)} free`
              : t`No models yet, ${bytes(disk.freeBytes)} free`}
            {space.disks.length > 1 ? <span className="text-muted"> {t`on ${disk.path}`}</span> : null}
          </p>
          <div className="mt-1.5 flex h-1.5 gap-px overflow-hidden rounded-full bg-active" aria-hidden>
            {disk.modelBytes > 0 ? (
              <span className="min-w-0.5 bg-accent" style={{ flex: `${disk.modelBytes} 0 0` }} />
            ) : null}
            <span
              className="bg-control/50"
              style={{ flex: `${Math.max(0, disk.totalBytes - disk.freeBytes - disk.modelBytes)} 0 0` }}
            />
            <span style={{ flex: `${disk.freeBytes} 0 0` }} />
          </div>
        </div>
      ))}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 basis-60">
          <span className="text-muted">{t`Models folder`}</span>
          <br />
          <span className="font-mono text-small [overflow-wrap:anywhere]">{space.folder}</span>
        </p>
        {isMoving || work ? null : <Button onClick={() => setIsMoving(true)}>{t`Move…`}</Button>}
      </div>
      {isMoving && !(work && !work.error) ? (
        <form
          aria-label={t`Move the models folder`}
          className="mt-3 rounded-lg border border-hairline p-3"
          onSubmit={(event) => {
            event.preventDefault()
            void move()
          }}
        >
          <PathField
            label={t`New models folder`}
            placeholder={t`/path/to/folder`}
            note={t`Everything in the models folder is moved there. Models of other folders stay where they are.`}
            kind="folder"
            value={folder}
            onChange={setFolder}
          />
          {work?.error ? <ErrorNote message={told(work.error)} className="mt-3" /> : null}
          <div className="mt-3 flex justify-end gap-2">
            <Button
              onClick={() => {
                dismissWork(moveKey)
                setIsMoving(false)
              }}
            >{t`Cancel`}</Button>
            <Button kind="primary" type="submit" disabled={folder.trim() === ''}>{t`Move`}</Button>
          </div>
        </form>
      ) : null}
      {work && !work.error ? (
        <div className="mt-3 flex items-center gap-3">
          <div className="min-w-0 flex-1">
            <p className="mb-1.5 text-muted tabular-nums">
              {work.bytes > 0
                ? t`Moving the models folder, ${bytes(work.doneBytes)} of ${bytes(work.bytes)}`
                : t`Moving the models folder`}
            </p>
            <ProgressBar label={t`Moving the models folder`} share={shareOf(work)} />
          </div>
          <Button onClick={() => cancelWork(moveKey)}>{t`Cancel`}</Button>
        </div>
      ) : null}
    </section>
  )
}
