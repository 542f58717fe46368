import { useId, type ReactNode } from 'react'
import type { Fit, Repository } from '#contract'
import { cx } from '../../../lib/cx.ts'
import { bytes } from '../../../lib/format.ts'
import { FitLine } from './FitLine.tsx'
import { chooseProjector, chooseText, useRepository } from './repository.ts'

const fileName = (path: string): string => path.split('/').at(-1) ?? path

/** The language models of a repository, one of them chosen. */
export function TextChoices({ texts }: { texts: Repository['texts'] }): ReactNode {
  const { text: chosen, examined } = useRepository()
  if (texts.length === 0)
    return (
      <p className="text-muted">
        There is no language model in it, only projectors. Look for the repository of the model itself.
      </p>
    )
  const fits: Record<string, Fit> = Object.assign(
    {},
    ...Object.values(examined).map(({ examination }) => examination?.fits ?? {}),
  )
  return (
    <Choices legend="Language model">
      {texts.map(({ path, label, files, bytes: size }) => {
        const problem = examined[path]?.examination?.text.problem
        const fit = fits[path]
        return (
          <Choice
            key={path}
            name="text"
            title={label}
            hint={fileName(path)}
            facts={[bytes(size), files.length > 1 ? `${files.length} files` : null]}
            isChosen={path === chosen}
            onChoose={() => chooseText(path)}
          >
            {problem ? <p className="mt-0.5 text-danger">Cannot be used</p> : fit ? <FitLine fit={fit} /> : null}
          </Choice>
        )
      })}
    </Choices>
  )
}

/** The projectors of a repository, one of them or none chosen. */
export function ProjectorChoices({ projectors }: { projectors: Repository['projectors'] }): ReactNode {
  const { text, projector: chosen, examined } = useRepository()
  const examination = text === null ? null : (examined[text]?.examination ?? null)
  if (text === null) return null
  return (
    <Choices legend="Projector, through which it sees">
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
            {sheet?.verdict === 'fits' ? <p className="mt-0.5 text-muted">Belongs to this model</p> : null}
          </Choice>
        )
      })}
      <Choice
        name="projector"
        title="None"
        facts={['answers text only']}
        isChosen={chosen === null}
        onChoose={() => chooseProjector(null)}
      />
    </Choices>
  )
}

function Choices({ legend, children }: { legend: string; children: ReactNode }): ReactNode {
  return (
    <fieldset>
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
