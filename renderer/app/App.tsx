import { t } from '@lingui/core/macro'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { flushSync } from 'react-dom'
import { AskAboutContext } from '../components/pictures/cropPicture.ts'
import { later } from '../components/primitives/later.tsx'
import { LiveRegion } from '../components/primitives/Feedback.tsx'
import {
  Composer,
  DropTarget,
  addFiles,
  addFilesAtCaret,
  askWith,
  choosePreset,
  editQuestion,
  keepDrafts,
  quote,
  rescueDraft,
  useEdited,
} from '../features/ask/index.ts'
import {
  CaptureLayer,
  CaptureMenu,
  ShortcutSetting,
  followCapture,
  startFromOutside,
} from '../features/captureScreen/index.ts'
import {
  Conversation,
  followConversation,
  lastQuestion,
  loadWholePath,
  progressText,
  stop,
  useMediaCount,
  useOpenConversation,
  useStreamingAnswer,
} from '../features/conversation/index.ts'
import {
  Sidebar,
  TrashBanner,
  followConversations,
  followFolders,
  isRemovedHere,
  useConversationList,
  useTitle,
} from '../features/conversationList/index.ts'
import { DiagnosticsDialog } from '../features/diagnostics/index.ts'
import { DownloadsButton, DownloadsNote, followDownloads } from '../features/downloads/index.ts'
import { DemoNotice, EngineBanner } from '../features/engine/index.ts'
import { ExportDialog, ImportDialog } from '../features/exchange/index.ts'
import type { ExportWish, Exportable } from '../features/exchange/index.ts'
import { FirstRun } from '../features/firstRun/index.ts'
import { GalleryPage, isGallery, openGallery } from '../features/gallery/index.ts'
import { LiveMenu, LivePanel } from '../features/live/index.ts'
import { followLibrary, openModels, placeOf, useLibrary } from '../features/models/index.ts'
import { PresetsDialog } from '../features/presets/index.ts'
import { ProfilesSetting } from '../features/profiles/index.ts'
import {
  SettingsDialog,
  followSettings,
  updateSettings,
  useLanguage,
  useSettings,
  useTheme,
} from '../features/settings/index.ts'
import { Start } from '../features/start/index.ts'
import { announce } from '../lib/announce.ts'
import { ComposingContext } from '../lib/composing.ts'
import type { Composing } from '../lib/composing.ts'
import { useFamily } from '../lib/detail.ts'
import { followEngine, useEngine } from '../lib/engine.ts'
import { toAppError } from '../lib/errors.ts'
import { endFinding, showFound } from '../lib/finding.ts'
import type { Shown } from '../lib/finding.ts'
import { followHost, useHost, whenHost } from '../lib/host.ts'
import { printConversation } from '../lib/printing.ts'
import { followPresets } from '../lib/presets.ts'
import { followProfiles } from '../lib/profiles.ts'
import { questionField } from '../lib/questionField.ts'
import { closePage, followAddress, openConversation, useRoute } from '../lib/route.ts'
import { call, useConnectionState } from '../lib/rpc.ts'
import { openedFiles } from '../lib/upload.ts'
import { ConnectionBanner } from './ConnectionBanner.tsx'
import { Frame, Header, SidebarToggle, useSidebar } from './Frame.tsx'
import { ModelsView, Sources, download } from './ModelsView.tsx'
import icon from './icon.svg'
import type { PaletteActions } from './Palette.tsx'
import { useShortcuts } from './useShortcuts.ts'

const Palette = later(() => import('./Palette.tsx').then(({ Palette }) => Palette))
const ShortcutsDialog = later(() => import('./ShortcutsDialog.tsx').then(({ ShortcutsDialog }) => ShortcutsDialog))

/** A dialog of the window as a whole. */
type WindowDialog = 'settings' | 'presets' | 'diagnostics' | 'import' | 'shortcuts' | 'palette'

/** The window: lays out the features and connects them, as they do not know one another. */
export function App(): ReactNode {
  const { conversationId, page } = useRoute()
  const status = useOpenConversation((state) => state.status)
  const engine = useEngine((state) => state.status)
  const current = useLibrary((state) => state.models?.find(({ isCurrent }) => isCurrent) ?? null)
  const library = useLibrary((state) => state.models)
  const modelNames = useMemo(() => library?.map(({ model }) => model.name) ?? [], [library])
  const defaults = current?.model.defaults ?? null
  const family = current?.family ?? null
  useEffect(() => useFamily.setState({ family }), [family])
  const answering = useStreamingAnswer()
  const before = useMediaCount(useEdited(conversationId))
  const inTrash = useOpenConversation(
    ({ id, conversation }) => id === conversationId && conversation?.deletedAt !== undefined,
  )
  const sidebar = useSidebar()
  const search = useRef<HTMLInputElement>(null)
  const [dialog, setDialog] = useState<WindowDialog | null>(null)
  const dialogProps = (name: WindowDialog): { open: boolean; onOpenChange: (open: boolean) => void } => ({
    open: dialog === name,
    onOpenChange: (open) => setDialog((now) => (open ? name : now === name ? null : now)),
  })
  const [exporting, setExporting] = useState<ExportWish | null>(null)
  const hasConversations = useConversationList(({ order, byId }) =>
    order.some((id) => byId[id]?.deletedAt === undefined),
  )
  const firstRun = useFirstRun()
  const connection = useConnectionState()
  const models = placeOf(page)
  const inGallery = isGallery(page)
  const conversations = useConversationList(({ byId }) => byId)
  const captureShortcut = useSettings((state) => state.settings.captureShortcut)

  useCore(conversationId)
  useTheme()
  useLanguage()
  useEffect(() => {
    if (status !== 'missing') return
    const { id } = useOpenConversation.getState()
    if (id !== null && !isRemovedHere(id)) rescueDraft(id)
    openConversation(null)
  }, [status])

  const open = (id: string | null, found?: Shown): void => {
    if (id !== null && found) showFound(id, found)
    else endFinding()
    openConversation(id)
    sidebar.closeOverlay()
    if (id === null) questionField()?.focus()
  }
  /** Shows a new conversation, and leaves the focus and the sidebar where they are. */
  const leave = useCallback(() => {
    endFinding()
    openConversation(null)
  }, [])
  const exportOne = useCallback((one: Exportable) => setExporting({ one }), [setExporting])
  const exportAll = hasConversations ? () => setExporting({ all: allConversations() }) : null
  const print = usePrint(open)
  const composing = useComposing(conversationId, inTrash)
  const askAbout = (picture: File): void => {
    void addFiles(conversationId, [picture])
    questionField()?.focus()
  }
  const stopAnswer = (): void => {
    if (answering) stop(answering).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }
  const openTitle = useTitle(conversationId)
  const actions: PaletteActions = {
    newConversation: () => open(null),
    palette: () => setDialog('palette'),
    search: () => {
      // at once: what is typed right after the keys belongs there
      flushSync(sidebar.show)
      search.current?.focus()
    },
    toggleSidebar: sidebar.toggle,
    settings: () => setDialog('settings'),
    shortcuts: () => setDialog('shortcuts'),
    openConversation: open,
    choosePreset: (preset) => {
      const place = inTrash ? null : conversationId
      if (models || inTrash) openConversation(place)
      if (!choosePreset(place, preset)) requestAnimationFrame(() => questionField()?.focus())
    },
    presets: () => setDialog('presets'),
    diagnostics: () => setDialog('diagnostics'),
    importConversations: () => setDialog('import'),
    exportConversations: exportAll,
    exportThis:
      conversationId === null || openTitle === undefined || inTrash
        ? null
        : () => setExporting({ one: { id: conversationId, title: openTitle } }),
  }
  useShortcuts({
    ...actions,
    capture: startFromOutside,
    openFiles: () => void takeOpened(() => open(null)),
    escape: () => {
      if (sidebar.overlay && sidebar.shown) sidebar.closeOverlay()
      else if (models?.modelId) openModels()
      else if (models || inGallery) closePage()
      else if (answering) stopAnswer()
      else endFinding()
    },
  })
  const showModels = (): void => {
    openModels()
    sidebar.closeOverlay()
  }
  const showGallery = (): void => {
    openGallery()
    sidebar.closeOverlay()
  }
  const showDownloads = (): void => {
    openModels('downloads')
    sidebar.closeOverlay()
  }
  if (firstRun.state === 'unknown' && connection !== 'lost') return null
  if (firstRun.state === 'due') {
    return (
      <>
        <FirstRun icon={icon} onDownload={download} onDone={firstRun.end} />
        <LiveRegion />
      </>
    )
  }
  const isDocked = sidebar.shown && !sidebar.overlay
  const collapse = <SidebarToggle shown={sidebar.shown} onToggle={sidebar.toggle} />
  const toggle = isDocked ? null : (
    <>
      {collapse}
      <DownloadsButton onOpen={showDownloads} />
    </>
  )

  // Also beside the models: that it is on is always seen.
  const live = <LivePanel conversationId={conversationId} onSent={open} />

  return (
    <Frame
      sidebar={sidebar}
      nav={
        <Sidebar
          current={conversationId}
          modelName={engine?.modelName ?? t`Models`}
          search={search}
          collapse={collapse}
          onOpen={open}
          onLeave={leave}
          onExport={exportOne}
          onGallery={showGallery}
          onModels={showModels}
          onSettings={actions.settings}
          note={<DownloadsNote onOpen={showDownloads} />}
        />
      }
    >
      {models ? (
        <>
          <ModelsView place={models} toggle={toggle} onClose={closePage} />
          <ConnectionBanner />
          {live}
        </>
      ) : inGallery ? (
        <>
          <GalleryPage toggle={toggle} version={conversations} onOpen={open} onClose={closePage} />
          <ConnectionBanner />
          {live}
        </>
      ) : (
        <>
          <Header conversationId={conversationId} toggle={toggle} onModels={showModels} />
          <ConnectionBanner />
          {conversationId === null ? (
            <Start
              onAsk={async (files, question) => {
                const sent = await askWith(null, files, question)
                if (sent) open(sent.conversationId)
              }}
            />
          ) : (
            <AskAboutContext value={askAbout}>
              <ComposingContext value={composing}>
                <Conversation />
              </ComposingContext>
            </AskAboutContext>
          )}
          <EngineBanner onModels={showModels} />
          {live}
          {inTrash && conversationId !== null ? (
            <TrashBanner id={conversationId} />
          ) : (
            <Composer
              conversationId={conversationId}
              answering={answering !== null}
              tools={
                <>
                  <CaptureMenu shortcut={captureShortcut} />
                  <LiveMenu />
                </>
              }
              onPresets={actions.presets}
              onSent={open}
              onStop={stopAnswer}
              onEditLast={editLast}
              before={before}
            />
          )}
          <DemoNotice onModels={showModels} />
        </>
      )}
      <SettingsDialog
        {...dialogProps('settings')}
        defaults={defaults}
        onPresets={actions.presets}
        onShortcuts={actions.shortcuts}
        onImport={actions.importConversations}
        onExport={
          exportAll &&
          (() => {
            setDialog(null)
            exportAll()
          })
        }
        onDiagnostics={actions.diagnostics}
        sources={<Sources />}
        profiles={<ProfilesSetting />}
        capture={<CaptureShortcut />}
      />
      <PresetsDialog {...dialogProps('presets')} models={modelNames} />
      <ShortcutsDialog {...dialogProps('shortcuts')} />
      <Palette {...dialogProps('palette')} actions={actions} />
      <DiagnosticsDialog {...dialogProps('diagnostics')} />
      <ExportDialog
        wish={exporting}
        onClose={() => setExporting(null)}
        onPrint={(id) => {
          setExporting(null)
          print(id)
        }}
      />
      <ImportDialog {...dialogProps('import')} onOpenConversation={open} />
      <CaptureLayer progressText={progressText} onOpen={open} />
      <DropTarget
        onFiles={(files) => {
          if (models || inGallery) closePage()
          addFilesAtCaret(conversationId, files)
        }}
      />
      <LiveRegion />
    </Frame>
  )
}

/** Opens the last question of the conversation in the composer. */
function editLast(): void {
  const question = lastQuestion()
  if (question) void editQuestion(question)
}

/** Puts files that were opened with the app into the question of a new conversation. */
async function takeOpened(onNew: () => void): Promise<void> {
  try {
    const files = await openedFiles(await whenHost())
    if (files.length === 0) return
    onNew()
    await addFiles(null, files)
  } catch (thrown) {
    announce(toAppError(thrown).message)
  }
}

/** What the conversation has done in the composer; null: it has none, as it is in the trash. */
function useComposing(conversationId: string | null, inTrash: boolean): Composing | null {
  return useMemo(() => {
    if (inTrash) return null
    return {
      edit: (question) => void editQuestion(question),
      quote(text) {
        quote(conversationId, text)
        const field = questionField()
        // once what was used for it has closed, and the words are there
        requestAnimationFrame(() => {
          field?.focus()
          field?.setSelectionRange(field.value.length, field.value.length)
        })
      },
    }
  }, [conversationId, inTrash])
}

/** The keys that capture the screen, kept in the settings; nothing where the shell does not capture it. */
function CaptureShortcut(): ReactNode {
  const captures = useHost((state) => state.host?.capabilities.capture ?? false)
  const keys = useSettings((state) => state.settings.captureShortcut)
  if (!captures) return null
  return <ShortcutSetting value={keys} onChange={(captureShortcut) => void updateSettings({ captureShortcut })} />
}

/** Every conversation, newest first, to be exported. */
function allConversations(): Exportable[] {
  const { order, byId } = useConversationList.getState()
  return order.flatMap((id) => {
    const one = byId[id]
    return one && one.deletedAt === undefined ? [{ id, title: one.title }] : []
  })
}

/** Prints a conversation, which is opened for that where it is not. */
function usePrint(open: (id: string) => void): (id: string) => void {
  const [wanted, setWanted] = useState<string | null>(null)
  const isReady = useOpenConversation((state) => state.id === wanted && state.status === 'ready')
  useEffect(() => {
    if (wanted === null || !isReady) return
    // the dialog that asked for it is gone by then
    const timer = setTimeout(() => {
      setWanted(null)
      void loadWholePath().then(printConversation, (thrown: unknown) => announce(toAppError(thrown).message))
    })
    return () => clearTimeout(timer)
  }, [wanted, isReady])
  return (id) => {
    open(id)
    setWanted(id)
  }
}

/** Keeps every feature in step with the core while the window is open. */
function useCore(conversationId: string | null): void {
  useEffect(() => {
    const stop = new AbortController()
    followAddress(stop.signal)
    keepDrafts(stop.signal)
    for (const follow of [
      followHost,
      followSettings,
      followEngine,
      followConversations,
      followFolders,
      followLibrary,
      followPresets,
      followProfiles,
      followDownloads,
      followCapture,
    ])
      void follow(stop.signal)
    return () => stop.abort()
  }, [])

  useEffect(() => {
    const stop = new AbortController()
    void followConversation(conversationId, stop.signal)
    return () => stop.abort()
  }, [conversationId])
}

/** `unknown`: the core has not said yet whether it is due. */
type FirstRunState = 'unknown' | 'due' | 'over'

/**
 * Whether the first run is due: once, over data that hold no conversation and no choice of a model. `end` leaves it for
 * good.
 */
function useFirstRun(): { state: FirstRunState; end: () => void } {
  const { settings, loaded } = useSettings()
  const listed = useConversationList(({ status, order }) => (status === 'loading' ? null : order.length))
  const [ended, setEnded] = useState(false)
  const isKnown = loaded && listed !== null
  const isUsed = settings.modelId !== null || (listed ?? 0) > 0
  const isOver = ended || (isKnown && (settings.firstRunDone || isUsed))
  // Stored before the window opens, so that it stays over when the app is closed at once; what cannot be stored opens
  // it too.
  const end = (): void => {
    const open = (): void => setEnded(true)
    call((core) => core.settings.update({ firstRunDone: true })).then(open, open)
  }

  // Data that were there before count as gone through, also once they are deleted.
  useEffect(() => {
    if (isKnown && isUsed && !settings.firstRunDone) void updateSettings({ firstRunDone: true })
  }, [isKnown, isUsed, settings.firstRunDone])

  return { state: isOver ? 'over' : isKnown ? 'due' : 'unknown', end }
}
