import { t } from '@lingui/core/macro'
import { useMemo } from 'react'
import type { ReactNode } from 'react'
import { useConversationList } from '../features/conversationList/index.ts'
import { chooseModel, openModels, useLibrary } from '../features/models/index.ts'
import { CommandFinder, CommandPalette } from '../features/palette/index.ts'
import type { Command } from '../features/palette/index.ts'
import { updateSettings } from '../features/settings/index.ts'
import { announce } from '../lib/announce.ts'
import { toAppError } from '../lib/errors.ts'
import { usePresets } from '../lib/presets.ts'
import { keysFor } from './shortcuts.ts'
import type { ShortcutAction } from './shortcuts.ts'
import type { Preset } from '#contract'

/** What the window does for the palette. */
export interface PaletteActions extends Readonly<Record<ShortcutAction, () => void>> {
  readonly openConversation: (id: string) => void
  readonly choosePreset: (preset: Preset) => void
  readonly presets: () => void
  readonly diagnostics: () => void
  readonly importConversations: () => void
  /** null: there is none to export. */
  readonly exportConversations: (() => void) | null
  /** null: none is open. */
  readonly exportThis: (() => void) | null
}

/** So many conversations are offered before anything is typed. */
const RECENT = 5

/** The palette over everything in the window: what it does, presets, models, conversations. */
export function Palette({
  open,
  actions,
  onOpenChange,
}: {
  open: boolean
  actions: PaletteActions
  onOpenChange: (open: boolean) => void
}): ReactNode {
  return (
    <CommandPalette open={open} onOpenChange={onOpenChange}>
      {(onChoose) => <Commands actions={actions} onChoose={onChoose} />}
    </CommandPalette>
  )
}

function Commands({ actions, onChoose }: { actions: PaletteActions; onChoose: (command: Command) => void }): ReactNode {
  const presets = usePresets((state) => state.presets)
  const models = useLibrary((state) => state.models)
  const order = useConversationList((state) => state.order)
  const byId = useConversationList((state) => state.byId)
  const commands = useMemo((): readonly Command[] => {
    const titled = order.flatMap((id) => {
      const one = byId[id]
      return one && one.deletedAt === undefined ? [one] : []
    })
    return [
      ...actionsOf(actions),
      ...titled.map(({ id, title, archived }, index) => ({
        id: `conversation ${id}`,
        label: title,
        kind: archived ? t`Archived conversation` : t`Conversation`,
        isMany: index >= RECENT || archived === true,
        run: () => actions.openConversation(id),
      })),
      ...presets.map(({ id, preset }) => ({
        id: `preset ${id}`,
        label: preset.name,
        kind: t`Preset`,
        run: () => actions.choosePreset(preset),
      })),
      ...(models ?? [])
        .filter(({ isCurrent }) => !isCurrent)
        .map(({ model: { id, name } }) => ({
          id: `model ${id}`,
          label: t`Switch to ${name}`,
          kind: t`Model`,
          run: () => {
            chooseModel(id).catch((thrown: unknown) => announce(toAppError(thrown).message))
          },
        })),
    ]
  }, [actions, presets, models, order, byId])
  return <CommandFinder commands={commands} onChoose={onChoose} />
}

function actionsOf(actions: PaletteActions): readonly Command[] {
  const kind = t`Action`
  const bound = (action: ShortcutAction, label: string, words = ''): Command => ({
    ...{ id: action, label, kind, words, keys: keysFor(action) },
    run: actions[action],
  })
  const plain = (label: string, run: (() => void) | null, words = ''): readonly Command[] =>
    run ? [{ id: label, label, kind, words, run }] : []
  const theme = (label: string, value: 'system' | 'light' | 'dark'): readonly Command[] =>
    plain(label, () => void updateSettings({ theme: value }), t`appearance colours mode`)
  return [
    bound('newConversation', t`New conversation`, 'chat'),
    bound('search', t`Search in conversations`, t`find messages`),
    bound('settings', t`Settings`, t`preferences options`),
    ...plain(t`Edit presets`, actions.presets, 'prompts'),
    ...plain(t`Models on this computer`, () => openModels()),
    ...plain(t`Get a model`, () => openModels('get'), t`download add`),
    ...plain(t`Downloads`, () => openModels('downloads')),
    ...plain(t`Export this conversation`, actions.exportThis, t`save share markdown pdf print`),
    ...plain(t`Export conversations`, actions.exportConversations, t`save backup all`),
    ...plain(t`Import conversations`, actions.importConversations, t`load restore`),
    ...theme(t`Theme: light`, 'light'),
    ...theme(t`Theme: dark`, 'dark'),
    ...theme(t`Theme: as the system`, 'system'),
    bound('toggleSidebar', t`Show or hide the sidebar`),
    ...plain(t`Diagnostics`, actions.diagnostics, t`log report versions`),
    bound('shortcuts', t`Keyboard shortcuts`, t`keys help`),
  ]
}
