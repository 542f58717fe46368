import type { Message, Variation } from '#contract'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { MenuItem, MenuLabel, MenuSeparator } from '../../components/primitives/Menu.tsx'
import { budgetOf, detailLevels, useFamily } from '../../lib/detail.ts'
import { call } from '../../lib/rpc.ts'
import { useMediaBefore } from './mediaBefore.ts'

interface NamedModel {
  readonly id: string
  readonly name: string
}

/** The models of the library, by name. */
async function models(): Promise<readonly NamedModel[]> {
  return call(async (core) => {
    for await (const all of await core.library.watch())
      return all.map(({ model: { id, name } }) => ({ id, name })).sort((a, b) => a.name.localeCompare(b.name))
    return []
  })
}

/** So many models are offered here; the others are on the models' page. */
const MOST_MODELS = 12

/** How the words are drawn, in the terms of what comes of it. */
const SAMPLINGS = [
  ['The likeliest words (temperature 0)', { temperature: 0 }],
  ['Other words (temperature 0.8)', { temperature: 0.8, topP: 0.95, topK: 40 }],
  ['Freer words (temperature 1.2)', { temperature: 1.2, topP: 0.95, topK: 0 }],
] as const

/** The ways in which a question is answered otherwise this once: by another model, with other sampling, with another detail. */
export function VariationItems({
  message,
  onChoose,
}: {
  message: Message
  onChoose: (variation: Variation) => void
}): ReactNode {
  const [known, setKnown] = useState<readonly NamedModel[]>([])
  const family = useFamily((state) => state.family)
  const hasPictures = useMediaBefore(message, true).some(({ part: { type } }) => type === 'image' || type === 'frames')
  useEffect(() => void models().then(setKnown, () => setKnown([])), [])
  const others = known.filter(({ name }) => name !== message.model).slice(0, MOST_MODELS)
  return (
    <>
      {others.length > 0 ? (
        <>
          <MenuLabel>Another model</MenuLabel>
          {others.map(({ id, name }) => (
            <MenuItem key={id} onSelect={() => onChoose({ modelId: id })}>
              <span className="min-w-0 truncate" title={name}>
                {name}
              </span>
            </MenuItem>
          ))}
          <MenuSeparator />
        </>
      ) : null}
      <MenuLabel>Other words</MenuLabel>
      {SAMPLINGS.map(([label, sampling]) => (
        <MenuItem key={label} onSelect={() => onChoose({ sampling })}>
          {label}
        </MenuItem>
      ))}
      {hasPictures ? (
        <>
          <MenuSeparator />
          <MenuLabel>Detail of the pictures</MenuLabel>
          {(Object.keys(detailLevels) as (keyof typeof detailLevels)[]).map((level) => (
            <MenuItem key={level} onSelect={() => onChoose({ budget: budgetOf(level, family) })}>
              {detailLevels[level].label}
            </MenuItem>
          ))}
        </>
      ) : null}
    </>
  )
}
