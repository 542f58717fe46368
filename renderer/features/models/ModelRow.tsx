import { Radio } from '@base-ui/react/radio'
import { Trash2 } from 'lucide-react'
import { useId, type ReactNode } from 'react'
import type { Model } from '#contract'
import { IconButton } from '../../components/IconButton.tsx'
import { cx } from '../../lib/cx.ts'
import { bytes, tokens } from '../../lib/format.ts'

/** One model of the list, with what it is and where its files are. */
export function ModelRow({ model, current, onRemove }: { model: Model; current: boolean; onRemove: () => void }): ReactNode {
  const label = useId()
  const facts = [bytes(model.bytes), `${tokens(model.defaults.contextTokens)} of context`, model.projectorPath ? null : 'text only'].filter(Boolean).join(' · ')
  return (
    <div className={cx('flex items-start gap-3 rounded-lg border p-3', current ? 'border-accent bg-accent-soft' : 'border-hairline')}>
      <Radio.Root
        value={model.id}
        aria-labelledby={label}
        className="mt-px flex size-4 shrink-0 items-center justify-center rounded-full border border-control bg-raised data-[checked]:border-accent data-[checked]:bg-accent"
      >
        <Radio.Indicator className="size-1.5 rounded-full bg-on-accent" />
      </Radio.Root>
      <div className="min-w-0 flex-1">
        <p id={label} className="font-medium [overflow-wrap:anywhere]">
          {model.name}
          {model.isDemo ? <span className="ml-2 font-normal text-muted">Demo</span> : null}
        </p>
        <p className="text-muted tabular-nums">{facts}</p>
        {model.notice ? <p className="mt-1 text-muted">{model.notice}</p> : null}
        {model.isDemo ? null : (
          <p className="mt-1 truncate font-mono text-small text-muted" title={model.projectorPath ? `${model.textPath}\n${model.projectorPath}` : model.textPath}>
            {model.textPath}
          </p>
        )}
      </div>
      {model.isDemo ? null : (
        <IconButton label={`Remove ${model.name} from the list`} onClick={onRemove}>
          <Trash2 />
        </IconButton>
      )}
    </div>
  )
}
