import { t } from '@lingui/core/macro'
import type { EngineStatus, ErrorInfo } from '#contract'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { announce } from '../../../lib/announce.ts'
import { cancelLoading, loadModel, unloadModel, useEngine } from '../../../lib/engine.ts'
import { percent } from '../../../lib/format.ts'
import { chooseModel } from './store.ts'
import { useAttempt } from './useAttempt.ts'
import { told } from '../../../lib/errors.ts'

/** Chooses a model; the chosen one is loaded, taken out of memory, or given up while it loads. */
export function UseModel({
  id,
  name,
  isCurrent,
  engine,
}: {
  id: string
  name: string
  isCurrent: boolean
  engine: EngineStatus | null
}): ReactNode {
  const { busy, error, attempt } = useAttempt()
  const refusal = useEngine((state) => state.refusal)
  const use = async (): Promise<void> => {
    if (await attempt(() => chooseModel(id))) announce(t`${name} is now the current model`)
  }
  if (!isCurrent) {
    return (
      <div className="mt-3">
        <Button kind="primary" disabled={busy} onClick={() => void use()}>{t`Use this model`}</Button>
        <Failure error={error} />
      </div>
    )
  }
  const state = engine?.state ?? 'off'
  return (
    <div className="mt-3">
      <div className="flex min-h-8 items-center gap-3">
        <p className="flex min-w-0 flex-1 items-center gap-2">
          <Check className="size-4 shrink-0 text-accent" aria-hidden />
          <span className="tabular-nums">{stateText(state, engine?.progress ?? null)}</span>
        </p>
        {state === 'off' ? (
          <Button disabled={busy} onClick={() => void attempt(loadModel)}>{t`Load now`}</Button>
        ) : null}
        {state === 'failed' ? (
          <Button disabled={busy} onClick={() => void attempt(loadModel)}>{t`Try again`}</Button>
        ) : null}
        {state === 'loading' ? <Button onClick={() => void attempt(cancelLoading)}>{t`Cancel`}</Button> : null}
        {state === 'ready' ? (
          <Button disabled={busy} onClick={() => void attempt(unloadModel)}>{t`Unload`}</Button>
        ) : null}
      </div>
      {state === 'loading' ? (
        <ProgressBar label={t`Loading ${name}`} share={engine?.progress ?? null} className="mt-2" />
      ) : null}
      <Failure error={state === 'failed' ? (engine?.error ?? null) : (error ?? refusal)} />
    </div>
  )
}

function Failure({ error }: { error: ErrorInfo | null }): ReactNode {
  return error ? <ErrorNote message={told(error)} className="mt-3" /> : null
}

function stateText(state: EngineStatus['state'], progress: number | null): string {
  switch (state) {
    case 'ready':
      return t`In use, in memory`
    case 'loading':
      return progress === null ? t`In use, loading` : t`In use, loading ${percent(progress)}`
    case 'restarting':
      return t`In use, restarting`
    case 'failed':
      return t`In use, not working`
    case 'off':
      return t`In use, loads with the first question`
  }
}
