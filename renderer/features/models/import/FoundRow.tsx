import { t } from '@lingui/core/macro'
import type { FoundModel, ProjectorChoice } from '#contract'
import { Check } from 'lucide-react'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { fieldClass } from '../../../components/primitives/TextField.tsx'
import { announce } from '../../../lib/announce.ts'
import { cx } from '../../../lib/cx.ts'
import { bytes } from '../../../lib/format.ts'
import { ModelSheet } from '../ModelSheet.tsx'
import { cancelWork, importKey, importModel, shareOf, useFileWork } from '../fileWork.ts'
import { chooseFamily, useLibrary } from '../library/store.ts'
import { TryProjectors } from '../pairing/TryProjectors.tsx'
import { told } from '../../../lib/errors.ts'

/** The sheet of a model lists at most so many projectors, best first: a folder may hold a hundred that fit. */
const MOST_SHEETS = 8

const fileName = (path: string): string => path.split(/[/\\]/).at(-1) ?? path

/** A model that was found: what it is, which projector goes with it, and the button that takes it. */
export function FoundRow({ found, mode }: { found: FoundModel; mode: 'in-place' | 'copy' }): ReactNode {
  const { name, keeper, textPath, projectorPaths, choices, quantization, problem, apartBytes, note } = found
  const id = useId()
  const work = useFileWork((state) => state.running[importKey(textPath)])
  const isIn = useLibrary(
    (state) =>
      state.models?.some(
        ({ model, files }) => model.id === found.duplicateOf || files.some(({ path }) => path === textPath),
      ) ?? false,
  )
  const [taken, setTaken] = useState(false)
  const [projector, setProjector] = useState(projectorPaths[0] ?? '')
  const isWorking = work !== undefined && !work.error
  const isThere = taken || isIn
  const [asking, setAsking] = useState(false)
  const hasChoices = choices.length > 0
  const take = async (chosen: string): Promise<void> => {
    const how = apartBytes === null ? { mode } : { mode: 'apart' as const, name }
    const model = await importModel({ textPath, projectorPath: chosen === '' ? null : chosen, keeper, ...how })
    if (!model) return
    setTaken(true)
    announce(t`${model.model.name} was added`)
  }
  const choose = async (choice: ProjectorChoice | null): Promise<void> => {
    if (choice) await chooseFamily(textPath, choice.family)
    void take(choice?.projectorPath ?? '')
  }
  return (
    <li className="border-t border-hairline px-3 py-2.5 [contain-intrinsic-size:auto_84px] [content-visibility:auto] first:border-t-0">
      <div className="grid items-start gap-x-3 mid:grid-cols-[minmax(0,1fr)_auto]">
        <div className="min-w-0">
          <p id={id} className="font-medium [overflow-wrap:anywhere]">
            {name}
          </p>
          <p className="text-muted tabular-nums">
            {[quantization, bytes(found.bytes), keeper].filter(Boolean).join(' · ')}
          </p>
          <p className="truncate text-left font-mono text-small text-subtle" title={textPath} dir="rtl">
            <bdi>{textPath}</bdi>
          </p>
        </div>
        <div className="mid:col-span-2">
          {problem ? <p className="mt-1 text-danger [overflow-wrap:anywhere]">{problem}</p> : null}
          {apartBytes !== null && !isThere ? (
            <p className="mt-1 text-muted">{t`Language model and projector are in one file here. Adding it writes them as two files of the models folder: ${bytes(apartBytes)}, or far less where the disk can share them. The file itself stays as it is.`}</p>
          ) : null}
          {note && !problem ? <p className="mt-1 text-muted [overflow-wrap:anywhere]">{note}</p> : null}
          {projectorPaths.length > 1 && !isThere && !problem ? (
            <label className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="text-muted">{t`Projector`}</span>
              <select
                aria-label={t`Projector of ${name}`}
                value={projector}
                onChange={(event) => setProjector(event.target.value)}
                className={cx(fieldClass, 'h-8 w-auto! min-w-0 flex-1 py-0')}
              >
                {projectorPaths.map((path) => (
                  <option key={path} value={path}>
                    {fileName(path)}
                  </option>
                ))}
                <option value="">{t`None, answers text only`}</option>
              </select>
            </label>
          ) : null}
          {isWorking ? (
            <div className="mt-2">
              <p className="mb-1.5 text-muted tabular-nums">
                {work.bytes > 0
                  ? apartBytes !== null
                    ? t`Read ${bytes(work.doneBytes)} of ${bytes(work.bytes)}`
                    : mode === 'copy'
                      ? t`Copied ${bytes(work.doneBytes)} of ${bytes(work.bytes)}`
                      : t`Checked ${bytes(work.doneBytes)} of ${bytes(work.bytes)}`
                  : t`Checking the files…`}
              </p>
              <ProgressBar label={t`Adding ${name}`} share={shareOf(work)} />
            </div>
          ) : null}
          {work?.error ? <ErrorNote message={told(work.error)} className="mt-2" /> : null}
        </div>
        {/* below what is to be known of it where that is narrow, else at the end of its first line */}
        <div className="mt-2 flex items-center justify-between gap-3 mid:col-start-2 mid:row-start-1 mid:mt-0">
          {found.bytes > 0 ? (
            <ModelSheet
              name={name}
              className="-ml-3 mid:ml-0"
              paths={[
                textPath,
                ...projectorPaths.slice(0, MOST_SHEETS),
                ...choices.map((choice) => choice.projectorPath),
              ]}
            />
          ) : null}
          {isThere ? (
            <span className="flex h-8 items-center gap-1.5 text-muted">
              <Check className="size-4 text-accent" aria-hidden />
              {t`In the library`}
            </span>
          ) : problem ? null : isWorking ? (
            <Button onClick={() => cancelWork(importKey(textPath))}>{t`Cancel`}</Button>
          ) : hasChoices ? (
            <Button
              aria-label={t`Choose the projector of ${name} and add it`}
              onClick={() => setAsking(true)}
            >{t`Try and add…`}</Button>
          ) : (
            <Button aria-label={t`Add ${name}`} onClick={() => void take(projector)}>{t`Add`}</Button>
          )}
        </div>
      </div>
      {hasChoices ? (
        <TryProjectors
          open={asking}
          onOpenChange={setAsking}
          name={name}
          textPath={textPath}
          choices={choices}
          onChoose={choose}
        />
      ) : null}
    </li>
  )
}
