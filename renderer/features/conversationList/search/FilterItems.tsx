import { t } from '@lingui/core/macro'
import { X } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import type { ReactNode } from 'react'
import { MenuItem, MenuSeparator } from '../../../components/primitives/Menu.tsx'
import { MenuCheck, MenuChoice } from '../../../components/primitives/MenuChoices.tsx'
import { announce } from '../../../lib/announce.ts'
import { toAppError } from '../../../lib/errors.ts'
import { call } from '../../../lib/rpc.ts'
import { tagsOf } from '../shelves.ts'
import { useConversationList } from '../store.ts'
import { changeFilter, changedLabels, isFiltered, noFilter, useSearching } from './searching.ts'
import type { ChangedWhen } from './searching.ts'

const times = (Object.keys(changedLabels) as ChangedWhen[]).map((value) => ({ value, label: changedLabels[value] }))

/** All that a search can be narrowed by. */
export function FilterItems(): ReactNode {
  const filter = useSearching((state) => state.filter)
  const [models, setModels] = useState<readonly string[]>([])
  const byId = useConversationList((state) => state.byId)
  const tags = useMemo(() => tagsOf(byId), [byId])
  useEffect(() => {
    call((core) => core.conversations.answeredBy()).then(setModels, (thrown: unknown) =>
      announce(toAppError(thrown).message),
    )
  }, [])
  // one that is gone by now is still what is set
  const names = filter.model === '' || models.includes(filter.model) ? models : [filter.model, ...models]
  return (
    <>
      <MenuCheck checked={filter.picture} onChange={(picture) => changeFilter({ picture })}>
        {t`Has a picture`}
      </MenuCheck>
      <MenuCheck checked={filter.video} onChange={(video) => changeFilter({ video })}>
        {t`Has a video`}
      </MenuCheck>
      {names.length === 0 ? null : (
        <>
          <MenuSeparator />
          <MenuChoice
            label={t`Answered by`}
            value={filter.model}
            options={[{ value: '', label: t`Any model` }, ...names.map((name) => ({ value: name, label: name }))]}
            onChange={(model) => changeFilter({ model })}
          />
        </>
      )}
      {tags.length === 0 ? null : (
        <>
          <MenuSeparator />
          <MenuChoice
            label={t`Tag`}
            value={filter.tag}
            options={[{ value: '', label: t`Any or none` }, ...tags.map((name) => ({ value: name, label: name }))]}
            onChange={(tag) => changeFilter({ tag })}
          />
        </>
      )}
      <MenuSeparator />
      <MenuChoice
        label={t`Last changed`}
        value={filter.changed}
        options={times}
        onChange={(changed) => changeFilter({ changed })}
      />
      {isFiltered(filter) ? (
        <>
          <MenuSeparator />
          <MenuItem onSelect={() => changeFilter(noFilter)}>
            <X aria-hidden />
            {t`Clear the filter`}
          </MenuItem>
        </>
      ) : null}
    </>
  )
}
