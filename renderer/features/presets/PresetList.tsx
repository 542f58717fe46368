import { t } from '@lingui/core/macro'
import type { ListedPreset } from '#contract'
import { Copy, Ellipsis, Share2, Trash2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { Button, iconButtonClass } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../components/primitives/Menu.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { counted } from '../../lib/format.ts'
import { savePreset, usePresets } from '../../lib/presets.ts'
import { duplicate, importFiles, newPreset, remove, share } from './editing.ts'
import type { Edited } from './editing.ts'

/** What was done last: in words, with what takes it back where that can be. */
interface Done {
  readonly text: string
  readonly undo?: () => Promise<unknown>
}

/** The presets with what can be done with each, and ways to add one. */
export function PresetList({ onEdit }: { onEdit: (edited: Edited) => void }): ReactNode {
  const presets = usePresets((state) => state.presets)
  const picker = useRef<HTMLInputElement>(null)
  const first = useRef<HTMLButtonElement>(null)
  const [done, setDone] = useState<Done | null>(null)
  const [problems, setProblems] = useState<readonly string[]>([])
  const tell = (next: Done): void => {
    setDone(next)
    announce(next.text)
  }
  const attempt = async (action: () => Promise<unknown>): Promise<void> => {
    setProblems([])
    setDone(null)
    try {
      await action()
    } catch (thrown) {
      setProblems([toAppError(thrown).message])
    }
  }
  const take = (files: readonly File[]): Promise<void> =>
    attempt(async () => {
      const { imported, refused } = await importFiles(files)
      setProblems(refused)
      const [first] = imported
      if (first !== undefined)
        tell({ text: imported.length === 1 ? t`Added “${first}”.` : t`Added ${counted(imported.length, 'preset')}.` })
    })
  const undo = (action: () => Promise<unknown>): void => {
    // its button goes away
    first.current?.focus()
    void attempt(action)
  }
  const doing: Doing = {
    onEdit: ({ id, preset }) => onEdit({ id, preset }),
    onDuplicate: ({ id }) =>
      attempt(async () => {
        const copy = await duplicate(id)
        onEdit({ id: copy.id, preset: copy.preset })
      }),
    onShare: ({ id }) => attempt(() => share(id)),
    onRemove: ({ id, preset }) =>
      attempt(async () => {
        await remove(id)
        tell({ text: t`Deleted “${preset.name}”.`, undo: () => savePreset(null, preset) })
      }),
  }
  const own = presets.filter(({ isOwn }) => isOwn)
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap gap-2">
        <Button ref={first} data-begin onClick={() => onEdit(newPreset())}>{t`New preset`}</Button>
        <Button onClick={() => picker.current?.click()}>{t`Add from a file…`}</Button>
        <input
          ref={picker}
          type="file"
          accept=".json,application/json"
          multiple
          hidden
          tabIndex={-1}
          aria-label={t`Files of presets`}
          onChange={(event) => {
            void take([...(event.target.files ?? [])])
            event.target.value = ''
          }}
        />
      </div>
      {problems.map((problem, index) => (
        <ErrorNote key={index} message={problem} />
      ))}
      {done ? <DoneNote key={done.text} done={done} onUndo={undo} /> : null}
      {own.length > 0 ? <Group label={t`Your own`} presets={own} doing={doing} /> : null}
      <Group label={t`Of Sightline`} presets={presets.filter(({ isOwn }) => !isOwn)} doing={doing} />
    </div>
  )
}

function DoneNote({ done, onUndo }: { done: Done; onUndo: (undo: () => Promise<unknown>) => void }): ReactNode {
  const button = useRef<HTMLButtonElement>(null)
  const { text, undo } = done
  // the row that had the focus is gone
  useEffect(() => button.current?.focus(), [])
  return (
    <div className="flex min-h-10 items-center gap-2 rounded-md bg-sunken py-1 pr-1 pl-3">
      <p className="min-w-0 flex-1 [overflow-wrap:anywhere]">{text}</p>
      {undo ? (
        <Button ref={button} kind="quiet" className="text-accent!" onClick={() => onUndo(undo)}>{t`Undo`}</Button>
      ) : null}
    </div>
  )
}

interface Doing {
  readonly onEdit: (listed: ListedPreset) => void
  readonly onDuplicate: (listed: ListedPreset) => Promise<void>
  readonly onShare: (listed: ListedPreset) => Promise<void>
  readonly onRemove: (listed: ListedPreset) => Promise<void>
}

function Group({
  label,
  presets,
  doing,
}: {
  label: string
  presets: readonly ListedPreset[]
  doing: Doing
}): ReactNode {
  return (
    <section>
      <h3 className="mb-1 font-medium">{label}</h3>
      <ul aria-label={t`Presets: ${label}`} className="flex flex-col divide-y divide-hairline border-y border-hairline">
        {presets.map((listed) => (
          <Row key={listed.id} listed={listed} doing={doing} />
        ))}
      </ul>
    </section>
  )
}

function Row({ listed, doing }: { listed: ListedPreset; doing: Doing }): ReactNode {
  const { preset, isOwn } = listed
  return (
    <li className="flex min-h-12 items-center gap-2 py-1">
      <div className="min-w-0 flex-1">
        <p className="truncate">{preset.name}</p>
        {preset.about === '' ? null : (
          <p className="truncate text-small text-muted" title={preset.about}>
            {preset.about}
          </p>
        )}
      </div>
      {isOwn ? (
        <Button aria-label={t`Edit ${preset.name}`} onClick={() => doing.onEdit(listed)}>{t`Edit`}</Button>
      ) : null}
      <Menu
        align="end"
        trigger={
          <MenuTrigger className={iconButtonClass()} aria-label={t`Options for ${preset.name}`}>
            <Ellipsis />
          </MenuTrigger>
        }
      >
        <MenuItem onSelect={() => void doing.onDuplicate(listed)}>
          <Copy />
          {isOwn ? t`Duplicate` : t`Copy and edit`}
        </MenuItem>
        <MenuItem onSelect={() => void doing.onShare(listed)}>
          <Share2 />
          {t`Share as a file`}
        </MenuItem>
        {isOwn ? (
          <MenuItem danger onSelect={() => void doing.onRemove(listed)}>
            <Trash2 />
            {t`Delete`}
          </MenuItem>
        ) : null}
      </Menu>
    </li>
  )
}
