import { useEffect, useRef, useState, type ReactNode } from 'react'
import { LiveRegion } from '../components/LiveRegion.tsx'
import { addFiles, askWith, Composer, DropTarget } from '../features/ask/index.ts'
import { Sidebar } from '../features/conversations/index.ts'
import { DemoNotice, EngineBanner, useEngine } from '../features/engine/index.ts'
import { ModelsDialog, useModels } from '../features/models/index.ts'
import { Conversation, stop, useRead, useStreamingAnswer } from '../features/read/index.ts'
import { SettingsDialog, useTheme } from '../features/settings/index.ts'
import { Start } from '../features/start/index.ts'
import { announce } from '../lib/announce.ts'
import { toAppError } from '../lib/errors.ts'
import { openConversation, useRoute } from '../lib/route.ts'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import { Frame } from './Frame.tsx'
import { Header } from './Header.tsx'
import { SidebarToggle } from './SidebarToggle.tsx'
import { useCore } from './useCore.ts'
import { useShortcuts } from './useShortcuts.ts'
import { useSidebar } from './useSidebar.ts'

/** The window: puts the features side by side and passes between them what each tells. */
export function App(): ReactNode {
  const conversationId = useRoute((state) => state.conversationId)
  const status = useRead((state) => state.status)
  const engine = useEngine((state) => state.status)
  const models = useModels((state) => state.models)
  const answering = useStreamingAnswer()
  const sidebar = useSidebar()
  const search = useRef<HTMLInputElement>(null)
  const [dialog, setDialog] = useState<'models' | 'settings' | null>(null)
  const model = models?.find((one) => one.id === engine?.modelId)

  useCore(conversationId)
  useTheme()
  useEffect(() => {
    if (status === 'missing') openConversation(null)
  }, [status])

  const open = (id: string | null): void => {
    openConversation(id)
    sidebar.closeOverlay()
    if (id === null) document.querySelector<HTMLTextAreaElement>('textarea[aria-label="Question"]')?.focus()
  }
  const stopAnswer = (): void => {
    if (answering) stop(answering).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }
  useShortcuts({
    newConversation: () => open(null),
    search: () => {
      sidebar.show()
      requestAnimationFrame(() => search.current?.focus())
    },
    toggleSidebar: sidebar.toggle,
    escape: () => {
      if (sidebar.overlay && sidebar.shown) sidebar.closeOverlay()
      else stopAnswer()
    },
  })
  const toggle = <SidebarToggle shown={sidebar.shown} onToggle={sidebar.toggle} />

  return (
    <Frame
      sidebar={sidebar}
      nav={
        <Sidebar
          current={conversationId}
          modelName={engine?.modelName ?? 'Models'}
          search={search}
          collapse={toggle}
          onOpen={open}
          onModels={() => setDialog('models')}
          onSettings={() => setDialog('settings')}
        />
      }
    >
      <Header conversationId={conversationId} toggle={sidebar.shown && !sidebar.overlay ? null : toggle} onModels={() => setDialog('models')} />
      <ConnectionBanner />
      {conversationId === null ? (
        <Start
          onAsk={async (files, question) => {
            const sent = await askWith(null, files, question)
            if (sent) open(sent.conversationId)
          }}
        />
      ) : (
        <Conversation />
      )}
      <EngineBanner onModels={() => setDialog('models')} />
      <Composer conversationId={conversationId} answering={answering !== null} onSent={open} onStop={stopAnswer} />
      <DemoNotice onModels={() => setDialog('models')} />
      <ModelsDialog open={dialog === 'models'} currentId={engine?.modelId ?? null} onOpenChange={(next) => setDialog(next ? 'models' : null)} />
      <SettingsDialog open={dialog === 'settings'} defaults={model?.defaults ?? null} onOpenChange={(next) => setDialog(next ? 'settings' : null)} />
      <DropTarget onFiles={(files) => void addFiles(conversationId, files)} />
      <LiveRegion />
    </Frame>
  )
}
