import { t } from '@lingui/core/macro'
import { Trans } from '@lingui/react/macro'
import type { Download, DownloadSelection, Fit, Repository } from '#contract'
import { X } from 'lucide-react'
import { useId, useState } from 'react'
import type { ReactNode } from 'react'
import { sourceNames } from '../../../components/models/SourceNote.tsx'
import { Button, IconButton } from '../../../components/primitives/Button.tsx'
import { Disclosure } from '../../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes, counted } from '../../../lib/format.ts'
import { DownloadAction, FitLine } from './DownloadAction.tsx'
import { SourceToken } from './SourceSettings.tsx'
import { chooseProjector, chooseText, closeRepository, examine, isUsable, useRepository } from './repository.ts'

const fileName = (path: string): string => path.split('/').at(-1) ?? path

const roles = { projector: t`Projector`, adapter: t`Adapter`, part: t`Part, others are missing`, other: t`No model` }

/** A repository: its language models and projectors to choose from, what their headers say, and the download. */
export function RepositoryOffer({
  repository,
  jobs,
  onDownload,
}: {
  repository: Repository
  jobs: readonly Download[]
  onDownload: (selection: DownloadSelection) => Promise<void>
}): ReactNode {
  const { texts, projectors, others, askedFor, source } = repository
  const { text: textPath, projector } = useRepository()
  const examined = useRepository((state) => (state.text === null ? undefined : state.examined[state.text]))
  const [failure, setFailure] = useState<string | null>(null)
  const text = texts.find(({ path }) => path === textPath)
  const examination = examined?.examination ?? null
  const isFit =
    examination !== null &&
    examination.text.problem === null &&
    (projector === null || isUsable(examination.projectors.find(({ path }) => path === projector)))
  const total = (text?.bytes ?? 0) + (projectors.find(({ path }) => path === projector)?.bytes ?? 0)
  const download = (): void => {
    if (!text) return
    setFailure(null)
    onDownload({ repositoryId: repository.id, text: text.path, projector }).catch((thrown: unknown) =>
      setFailure(toAppError(thrown).message),
    )
  }
  return (
    <div className="mt-3 rounded-lg border border-hairline bg-raised">
      <div className="flex items-start gap-2 border-b border-hairline py-2 pr-2 pl-4">
        <div className="min-w-0 flex-1 py-1">
          <h2 className="font-medium [overflow-wrap:anywhere]">{repository.repository}</h2>
          <p className="text-small text-subtle [overflow-wrap:anywhere]">
            <span className="inline-block first-letter:uppercase">{sourceNames[source]}</span>
            {askedFor === null ? '' : t`. ${askedFor} is called so now`}
          </p>
        </div>
        <IconButton label={t`Close ${repository.repository}`} onClick={closeRepository}>
          <X />
        </IconButton>
      </div>
      <div className="space-y-4 px-4 py-3">
        <TextChoices texts={texts} />
        <ProjectorChoices projectors={projectors} />
        <div aria-live="polite">
          {examined && !examined.error && !examination ? (
            <>
              <p className="mb-2 text-muted">{t`Reading what the files say of themselves…`}</p>
              <ProgressBar label={t`Reading the headers`} share={null} />
            </>
          ) : null}
          {examination ? <Findings examination={examination} /> : null}
        </div>
        {examined?.error && text ? (
          <div>
            <ErrorNote message={examined.error.message}>
              <Button onClick={() => void examine(text.path)}>{t`Try again`}</Button>
            </ErrorNote>
            <SourceToken error={examined.error} onKept={() => examine(text.path)} />
          </div>
        ) : null}
        {failure ? <ErrorNote message={failure} /> : null}
        {text ? (
          <div className="flex flex-wrap items-center justify-end gap-x-4 gap-y-2">
            <p className="min-w-0 flex-1 basis-48 text-muted">
              {!text.hasDiskSpace ? (
                <span className="text-danger">{t`There is not enough free space on the disk for it.`}</span>
              ) : projector === null ? (
                t`Without a projector it answers text only.`
              ) : examination?.text.problem === null && !isFit ? (
                t`This projector cannot be used with it. Choose another one.`
              ) : null}
            </p>
            <DownloadAction
              modelId={text.modelId}
              job={jobs.find(({ entryId, quantization }) => entryId === repository.id && quantization === text.label)}
              label={t`Download ${text.label}`}
              kind="primary"
              disabled={!isFit || !text.hasDiskSpace}
              onDownload={download}
            >
              <Trans>
                Download <span className="font-normal tabular-nums">{bytes(total)}</span>
              </Trans>
            </DownloadAction>
          </div>
        ) : null}
        {others.length > 0 ? (
          <Disclosure label={<span className="text-muted">{counted(others.length, 'other file')}</span>}>
            <ul aria-label={t`Other files`} className="pb-1 pl-5">
              {others.map((file) => (
                <li key={file.path} className="flex gap-4 py-0.5">
                  <span className="min-w-0 flex-1 font-mono text-small [overflow-wrap:anywhere]">{file.path}</span>
                  <span className="shrink-0 text-right text-small text-muted tabular-nums">
                    {roles[file.role]}, {bytes(file.bytes)}
                  </span>
                </li>
              ))}
            </ul>
          </Disclosure>
        ) : null}
      </div>
    </div>
  )
}

/** The findings from the headers, and the bytes that were read for them. */
function Findings({
  examination: { text, fetchedBytes, hasRanges },
}: {
  examination: NonNullable<ReturnType<typeof useRepository.getState>['examined'][string]['examination']>
}): ReactNode {
  const what = [text.name, text.family, text.quantization].filter(Boolean).join(' · ')
  return (
    <>
      {text.problem ? <ErrorNote message={text.problem} /> : <p className="[overflow-wrap:anywhere]">{what}</p>}
      <p className="mt-0.5 text-small text-subtle">
        {fetchedBytes > 0
          ? t`Known from ${bytes(fetchedBytes)} that were read of the files`
          : t`Known from what was read of the files before`}
        {hasRanges
          ? t`; the download goes on from there.`
          : t`. This source sends only whole files: a download that is interrupted begins again.`}
      </p>
    </>
  )
}

/** The language models of a repository, one of them chosen. */
function TextChoices({ texts }: { texts: Repository['texts'] }): ReactNode {
  const { text: chosen, examined } = useRepository()
  if (texts.length === 0)
    return (
      <p className="text-muted">{t`There is no language model in it, only projectors. Look for the repository of the model itself.`}</p>
    )
  const fits: Record<string, Fit> = Object.assign(
    {},
    ...Object.values(examined).map(({ examination }) => examination?.fits ?? {}),
  )
  return (
    <Choices legend={t`Language model`}>
      {texts.map(({ path, label, files, bytes: size }) => {
        const problem = examined[path]?.examination?.text.problem
        const fit = fits[path]
        return (
          <Choice
            key={path}
            name="text"
            title={label}
            hint={fileName(path)}
            facts={[bytes(size), files.length > 1 ? t`${files.length} files` : null]}
            isChosen={path === chosen}
            onChoose={() => chooseText(path)}
          >
            {problem ? <p className="mt-0.5 text-danger">{t`Cannot be used`}</p> : fit ? <FitLine fit={fit} /> : null}
          </Choice>
        )
      })}
    </Choices>
  )
}

/** The projectors of a repository, one of them or none chosen. */
function ProjectorChoices({ projectors }: { projectors: Repository['projectors'] }): ReactNode {
  const { text, projector: chosen, examined } = useRepository()
  const examination = text === null ? null : (examined[text]?.examination ?? null)
  if (text === null) return null
  return (
    <Choices legend={t`Projector, through which it sees`}>
      {projectors.map(({ path, quantization, bytes: size }) => {
        const sheet = examination?.projectors.find((one) => one.path === path)
        const why = sheet?.problem ?? sheet?.why ?? null
        return (
          <Choice
            key={path}
            name="projector"
            title={fileName(path)}
            facts={[bytes(size), quantization, sheet?.family ?? null]}
            isChosen={path === chosen}
            onChoose={() => chooseProjector(path)}
          >
            {why !== null ? (
              <p
                className={cx(
                  'mt-0.5 [overflow-wrap:anywhere]',
                  sheet?.verdict === 'unsure' ? 'text-warning' : 'text-danger',
                )}
              >
                {why}
              </p>
            ) : null}
            {sheet?.verdict === 'fits' ? <p className="mt-0.5 text-muted">{t`Belongs to this model`}</p> : null}
          </Choice>
        )
      })}
      <Choice
        name="projector"
        title={t`None`}
        facts={[t`answers text only`]}
        isChosen={chosen === null}
        onChoose={() => chooseProjector(null)}
      />
    </Choices>
  )
}

function Choices({ legend, children }: { legend: string; children: ReactNode }): ReactNode {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 text-muted">{legend}</legend>
      <div className="divide-y divide-hairline overflow-hidden rounded-lg border border-hairline">{children}</div>
    </fieldset>
  )
}

/** One line that can be chosen, with what is known of it. */
function Choice({
  name,
  title,
  hint,
  facts,
  isChosen,
  onChoose,
  children,
}: {
  name: string
  title: string
  /** Shown while the pointer rests on the title. */
  hint?: string
  facts: readonly (string | null)[]
  isChosen: boolean
  onChoose: () => void
  children?: ReactNode
}): ReactNode {
  const id = useId()
  return (
    <div
      className={cx(
        'relative flex items-start gap-3 px-3 py-2 has-[:focus-visible]:outline-2 has-[:focus-visible]:-outline-offset-2 has-[:focus-visible]:outline-accent',
        isChosen ? 'bg-accent-soft' : 'hover:bg-hover',
      )}
    >
      <input
        id={id}
        type="radio"
        name={name}
        checked={isChosen}
        onChange={onChoose}
        aria-describedby={`${id}-facts`}
        className="relative z-10 mt-0.5 size-4 shrink-0 accent-accent outline-none"
      />
      <div className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
        <label htmlFor={id} title={hint} className="font-medium [overflow-wrap:anywhere] after:absolute after:inset-0">
          {title}
        </label>
        <div id={`${id}-facts`} className="contents text-muted tabular-nums">
          <p className="text-muted">{facts.filter(Boolean).join(' · ')}</p>
          {children ? <div className="w-full">{children}</div> : null}
        </div>
      </div>
    </div>
  )
}
