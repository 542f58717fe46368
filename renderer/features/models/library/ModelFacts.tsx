import { Fragment, type ReactNode } from 'react'
import type { LibraryModel } from '#contract'
import { bytes, day, tokens } from '../../../lib/format.ts'

const families = { qwen2vl: 'Qwen2-VL', qwen25vl: 'Qwen2.5-VL' }

/** What a model is, as a list of facts. `today`: a time of today in ms. */
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
