import type { ErrorInfo, ModelInput, Size } from '#contract'
import { Dialog } from '@base-ui/react/dialog'
import { Download, Grid3x3, LayoutGrid, Maximize, X, ZoomIn, ZoomOut } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { Button, IconButton, iconButtonClass } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/Feedback.tsx'
import { Menu, MenuItem, MenuTrigger } from '../../../components/primitives/Menu.tsx'
import { announce } from '../../../lib/announce.ts'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { useHost } from '../../../lib/host.ts'
import { call } from '../../../lib/rpc.ts'
import { CellBar } from './CellBar.tsx'
import { ComparedPictures } from './ComparedPictures.tsx'
import { FrameLine } from './FrameLine.tsx'
import { InputFigures } from './InputFigures.tsx'
import { FITTED, mostScale, panned, revealing, stepped, zoomed } from './comparedView.ts'
import type { Cell, ComparedView } from './comparedView.ts'
import { closeInput, showInput, useInputRequest } from './opening.ts'
import type { InputRequest } from './opening.ts'
import { saveComparison, saveInput } from './savePictures.ts'

/** How far an arrow key moves the pictures, in px, and how much a key zooms. */
const PAN = 80
const STEP = 1.5

type Loaded = { readonly input: ModelInput } | { readonly error: ErrorInfo } | null

/** Shows what the model got of a picture or video, over the whole window, once it is asked for. */
export function InputDialog(): ReactNode {
  const request = useInputRequest((state) => state.request)
  const host = useHost((state) => state.host)
  const popup = useRef<HTMLDivElement>(null)
  return (
    <Dialog.Root open={request !== null && host !== null} onOpenChange={(open) => !open && closeInput()}>
      <Dialog.Portal>
        <Dialog.Popup
          ref={popup}
          initialFocus={popup}
          className="fixed inset-0 flex flex-col bg-canvas text-ink outline-none"
        >
          {request && host ? (
            <Inspected
              key={`${request.messageId}/${request.part}/${request.answerId ?? ''}`}
              request={request}
              base={host.attachments}
            />
          ) : null}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function Inspected({ request, base }: { request: InputRequest; base: string }): ReactNode {
  const [loaded, setLoaded] = useState<Loaded>(null)
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    let isGone = false
    const { messageId, part, answerId } = request
    call((core) => core.inputs.inspect({ messageId, part, ...(answerId !== undefined && { answerId }) })).then(
      (input) => !isGone && setLoaded({ input }),
      (thrown: unknown) => !isGone && setLoaded({ error: toAppError(thrown).toInfo() }),
    )
    return () => {
      isGone = true
    }
  }, [request, attempt])
  if (loaded && 'input' in loaded) return <Comparison input={loaded.input} request={request} base={base} />
  return (
    <>
      <Header name="" />
      <div className="m-auto max-w-md p-6">
        {loaded ? (
          <ErrorNote message={loaded.error.message}>
            <Button onClick={() => setAttempt(attempt + 1)}>Try again</Button>
          </ErrorNote>
        ) : null}
      </div>
    </>
  )
}

function Header({ name, children }: { name: string; children?: ReactNode }): ReactNode {
  return (
    <header className="flex h-12 shrink-0 items-center gap-1 border-b border-hairline bg-canvas pr-2 pl-4">
      <div className="flex min-w-0 flex-1 items-baseline gap-2">
        <Dialog.Title className="shrink-0 font-medium">What the model saw</Dialog.Title>
        <Dialog.Description className="hidden min-w-0 truncate text-muted mid:block">{name}</Dialog.Description>
      </div>
      {children}
      <Dialog.Close className={iconButtonClass()} aria-label="Close">
        <X />
      </Dialog.Close>
    </header>
  )
}

/** Directions of the arrow keys. */
const arrows: Readonly<Record<string, { x: number; y: number }>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}

function Comparison({ input, request, base }: { input: ModelInput; request: InputRequest; base: string }): ReactNode {
  const [view, setView] = useState<ComparedView>(FITTED)
  const [cell, setCell] = useState<Cell | null>(null)
  const [showsGrid, setShowsGrid] = useState(true)
  const [showsWindows, setShowsWindows] = useState(input.windows !== null)
  const [{ slice, frame }, setPlace] = useState({ slice: 0, frame: 0 })
  const fitted = useRef<Size>({ width: 1, height: 1 })
  const whole = useRef<HTMLDivElement>(null)
  useEffect(() => {
    whole.current?.focus()
  }, [])
  const zoom = (factor: number): void =>
    setView((now) => zoomed(now, factor, { x: 0, y: 0 }, fitted.current, mostScale(input.input, fitted.current)))
  const turn = (by: number): void => {
    const frames = input.slices[slice + by]?.frames
    if (frames) setPlace({ slice: slice + by, frame: frames[0]! })
  }
  const arrow = (by: { x: number; y: number }, moves: boolean): void => {
    if (moves) return setView((now) => panned(now, { x: -by.x * PAN, y: -by.y * PAN }, fitted.current))
    const next = stepped(cell, by, input.grid)
    setCell(next)
    setView((now) => revealing(now, next, input.grid))
  }
  const keys: Record<string, () => void> = {
    '+': () => zoom(STEP),
    '=': () => zoom(STEP),
    '-': () => zoom(1 / STEP),
    '0': () => setView(FITTED),
    g: () => setShowsGrid(!showsGrid),
    ...(input.windows && { w: () => setShowsWindows(!showsWindows) }),
    PageUp: () => turn(-1),
    PageDown: () => turn(1),
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = arrows[event.key]
    const isElsewhere = event.target instanceof Element && event.target.closest('[role=menu], [role=radiogroup]')
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isElsewhere) return
    const action = by ? () => arrow(by, event.shiftKey || !showsGrid) : keys[event.key]
    if (!action) return
    event.preventDefault()
    action()
  }
  const save = (work: Promise<void>): void =>
    void work.then(
      () => announce('Saved'),
      (thrown: unknown) => announce(thrown instanceof Error ? thrown.message : 'The picture could not be saved.'),
    )
  const original = (): CanvasImageSource | null =>
    whole.current?.querySelector<HTMLImageElement | HTMLVideoElement>('[data-original]') ?? null
  return (
    // a click on a picture brings the keys back here
    <div ref={whole} tabIndex={-1} className="flex min-h-0 flex-1 flex-col outline-none" onKeyDown={onKeyDown}>
      <Header name={input.name}>
        <Toggle label="Tokens" hint="G" isOn={showsGrid} onToggle={() => setShowsGrid(!showsGrid)}>
          <Grid3x3 />
        </Toggle>
        {input.windows ? (
          <Toggle label="Windows" hint="W" isOn={showsWindows} onToggle={() => setShowsWindows(!showsWindows)}>
            <LayoutGrid />
          </Toggle>
        ) : null}
        <span className="mx-1 h-5 w-px bg-hairline" aria-hidden />
        <IconButton label="Smaller" hint="−" onClick={() => zoom(1 / STEP)} className="max-mid:hidden">
          <ZoomOut />
        </IconButton>
        <IconButton label="Larger" hint="+" onClick={() => zoom(STEP)} className="max-mid:hidden">
          <ZoomIn />
        </IconButton>
        <IconButton label="Fit" hint="0" onClick={() => setView(FITTED)}>
          <Maximize />
        </IconButton>
        <Menu
          align="end"
          trigger={
            <MenuTrigger className={iconButtonClass()} aria-label="Save as">
              <Download />
            </MenuTrigger>
          }
        >
          <MenuItem onSelect={() => save(saveInput({ input, frame, base }))}>Model input (PNG)</MenuItem>
          <MenuItem onSelect={() => save(saveComparison({ input, frame, base }, original(), showsGrid))}>
            Comparison (PNG)
          </MenuItem>
        </Menu>
      </Header>
      <div className="flex min-h-0 flex-1 flex-col wide:flex-row">
        <div className="flex min-h-0 min-w-0 flex-[3] flex-col wide:flex-1">
          <ComparedPictures
            input={input}
            frame={frame}
            base={base}
            view={view}
            onView={setView}
            cell={cell}
            onCell={setCell}
            showsGrid={showsGrid}
            showsWindows={showsWindows}
            onArea={(size) => {
              fitted.current = size
            }}
          />
          <CellBar input={input} slice={slice} address={base + input.frames[frame]!.input} cell={cell} />
          {input.kind === 'video' ? (
            <FrameLine
              input={input}
              base={base}
              slice={slice}
              frame={frame}
              onPick={(slice, frame) => setPlace({ slice, frame })}
            />
          ) : null}
        </div>
        <InputFigures input={input} slice={slice} onAnswer={(answerId) => showInput({ ...request, answerId })} />
      </div>
    </div>
  )
}

/** A button that shows something over the pictures, or not. */
function Toggle({
  label,
  hint,
  isOn,
  onToggle,
  children,
}: {
  label: string
  hint: string
  isOn: boolean
  onToggle: () => void
  children: ReactNode
}): ReactNode {
  return (
    <IconButton
      label={label}
      hint={hint}
      aria-pressed={isOn}
      onClick={onToggle}
      className={cx(isOn && 'bg-active text-ink')}
    >
      {children}
    </IconButton>
  )
}
