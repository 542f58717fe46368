import { t } from '@lingui/core/macro'
import { Popover } from '@base-ui/react/popover'
import { ChevronDown } from 'lucide-react'
import { useRef } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { later } from '../../components/primitives/later.tsx'
import { announce } from '../../lib/announce.ts'
import { cx } from '../../lib/cx.ts'
import { loadModel, unloadModel, useEngine } from '../../lib/engine.ts'
import { toAppError, told } from '../../lib/errors.ts'
import { statusText } from './modelStatus.ts'
import type { StatusText } from './modelStatus.ts'

const HowItRuns = later(() => import('./HowItRuns.tsx').then(({ HowItRuns }) => HowItRuns))

const dots: Record<StatusText['tone'], string> = {
  ok: 'bg-ok',
  busy: 'bg-accent',
  quiet: 'bg-control',
  bad: 'bg-danger',
}

/** The current model and what the engine is doing; opens its particulars and the way to other models. */
export function ModelChip({
  others,
  onSwitch,
  onModels,
}: {
  /** Models to switch to, the likeliest first. */
  others: readonly { readonly id: string; readonly name: string }[]
  onSwitch: (id: string) => void
  onModels: () => void
}): ReactNode {
  const status = useEngine((state) => state.status)
  const popup = useRef<HTMLDivElement>(null)
  const unload = (): void => {
    unloadModel().catch((thrown: unknown) => announce(toAppError(thrown).message))
  }
  if (!status) return null
  const { label, tone } = statusText(status)
  const name = status.modelName ?? t`No model`
  return (
    <Popover.Root>
      <Popover.Trigger
        aria-label={t`Model: ${name}. ${label}`}
        data-testid="model-chip"
        data-state={status.state}
        className="relative flex h-8 max-w-72 min-w-0 items-center gap-2 overflow-hidden rounded-md px-2 text-muted hover:bg-hover hover:text-ink data-[popup-open]:bg-hover"
      >
        <span className={cx('size-2 shrink-0 rounded-full', dots[tone])} aria-hidden />
        <span className="truncate">{name}</span>
        {tone === 'ok' || tone === 'quiet' ? null : (
          <span className={cx('shrink-0 tabular-nums', tone === 'bad' && 'text-danger')}>{label}</span>
        )}
        <ChevronDown className="size-3.5 shrink-0" aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="end" collisionPadding={8}>
          <Popover.Popup
            ref={popup}
            initialFocus={popup}
            className="float-motion max-h-(--available-height) w-[min(22rem,calc(100vw-1rem))] overflow-y-auto overscroll-contain rounded-lg border border-hairline bg-raised p-4 text-ui text-ink shadow-float outline-none"
          >
            <Popover.Title className="font-semibold [overflow-wrap:anywhere]">{name}</Popover.Title>
            <Popover.Description className="text-muted tabular-nums">{label}</Popover.Description>
            {status.error ? <p className="mt-2 text-danger [overflow-wrap:anywhere]">{told(status.error)}</p> : null}
            <HowItRuns status={status} />
            <div className="mt-4 flex gap-2">
              <Popover.Close render={<Button onClick={onModels}>{t`Choose a model`}</Button>} />
              {status.state === 'failed' ? <Button onClick={() => void loadModel()}>{t`Try again`}</Button> : null}
              {status.state === 'off' && status.modelId ? (
                <Button onClick={() => void loadModel()}>{t`Load now`}</Button>
              ) : null}
              {status.state === 'ready' ? <Button onClick={() => unload()}>{t`Unload`}</Button> : null}
            </div>
            {others.length > 0 ? (
              <section aria-label={t`Switch to`} className="mt-4 border-t border-hairline pt-3">
                <h3 className="mb-1 text-muted">{t`Switch to`}</h3>
                {others.map((other) => (
                  <Popover.Close
                    key={other.id}
                    onClick={() => onSwitch(other.id)}
                    className="-mx-2 flex h-8 w-[calc(100%+16px)] items-center rounded-md px-2 text-left hover:bg-hover"
                  >
                    <span className="truncate">{other.name}</span>
                  </Popover.Close>
                ))}
              </section>
            ) : null}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}
