import { t } from '@lingui/core/macro'
import { noOverrides } from '#contract'
import type { Fit, LibraryModel, Model, OverridesChange, Placement } from '#contract'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { SamplingSettings, SystemPrompt } from '../../../components/models/AnswerSettings.tsx'
import { Button } from '../../../components/primitives/Button.tsx'
import { ErrorNote } from '../../../components/primitives/Feedback.tsx'
import { NumberSetting, Segmented, SliderSetting } from '../../../components/primitives/FormControls.tsx'
import { SettingRow } from '../../../components/primitives/SettingRow.tsx'
import { cx } from '../../../lib/cx.ts'
import { budgetOf, detailOf } from '../../../lib/detail.ts'
import type { Detail } from '../../../lib/detail.ts'
import { bytes, count, tokens } from '../../../lib/format.ts'
import { loadMachine, useCatalogue } from '../get/store.ts'
import { changesText, contextSizes } from './listing.ts'
import { changeOverrides, planFor } from './store.ts'
import { useAttempt } from './useAttempt.ts'

const details = [
  { value: 'model', label: t`As in settings` },
  { value: 'low', label: t`Low` },
  { value: 'medium', label: t`Medium` },
  { value: 'high', label: t`High` },
  { value: 'full', label: t`Full` },
] as const

const prompts = [
  { value: 'chat', label: t`As a chat` },
  { value: 'raw', label: t`As plain text` },
] as const

/** The defaults of one model. An empty one is as in the settings, or as the model has it. */
export function ModelDefaultsForm({
  model: { model, overrides, trainedContext, family },
}: {
  model: LibraryModel
}): ReactNode {
  const { error, attempt } = useAttempt()
  const set = (change: OverridesChange): void => void attempt(() => changeOverrides(model.id, change))
  const detail = detailOf(overrides.budget)
  const setDetail = (next: Detail): void => {
    if (next !== 'custom') set({ budget: next === 'model' ? null : budgetOf(next, family) })
  }
  return (
    <div className="flex flex-col gap-4 pt-2 pb-4">
      {error ? <ErrorNote message={error.message} /> : null}
      <PlacementForm
        model={model}
        placement={overrides.placement}
        trainedContext={trainedContext}
        onChange={(placement) => set({ placement })}
      />
      <div className="flex flex-col items-start gap-1.5">
        <p>{t`Picture detail`}</p>
        <Segmented
          label={t`Picture detail for this model`}
          value={detail === 'custom' ? null : detail}
          options={details}
          onChange={setDetail}
        />
      </div>
      <SettingRow label={t`Longest answer`}>
        <NumberSetting
          label={t`Longest answer for this model in tokens`}
          value={overrides.maxTokens}
          fallback={model.defaults.maxTokens}
          min={1}
          max={131_072}
          step={64}
          onChange={(maxTokens) => set({ maxTokens })}
        />
      </SettingRow>
      <SystemPrompt
        note={t`Takes the place of the one in the settings. Empty: as in the settings.`}
        value={overrides.systemPrompt ?? ''}
        onChange={(text) => set({ systemPrompt: text === '' ? null : text })}
      />
      <div className="flex flex-col items-start gap-1.5">
        <p>{t`Prompt`}</p>
        <Segmented
          label={t`Prompt for this model`}
          value={overrides.rawPrompt ? 'raw' : 'chat'}
          options={prompts}
          onChange={(prompt) => set({ rawPrompt: prompt === 'raw' ? true : null })}
        />
        <p className="text-muted">{t`As plain text: for base models, which go on from what you write instead of answering it. Only there a token that you write, such as <|im_end|>, counts as one.`}</p>
      </div>
      <SamplingSettings
        sampling={overrides.sampling}
        defaults={model.defaults.sampling}
        onChange={(sampling) => set({ sampling })}
      />
      {changesText(overrides) === null ? null : (
        <Button className="self-start" onClick={() => set(noOverrides)}>{t`Everything as in the settings`}</Button>
      )}
    </div>
  )
}

const kvTypes = [
  { value: 'auto', label: t`Automatic` },
  { value: 'f16', label: t`Full` },
  { value: 'q8_0', label: t`Half` },
  { value: 'q4_0', label: t`Quarter` },
] as const

/**
 * The settings of the context's size and precision and of the layers on the graphics card, with the memory they take.
 */
function PlacementForm({
  model,
  placement,
  trainedContext,
  onChange,
}: {
  model: Model
  placement: Placement
  trainedContext: number
  onChange: (change: Partial<Placement>) => void
}): ReactNode {
  const hasGpu = useCatalogue((state) => (state.machine?.gpus.length ?? 0) > 0)
  const [preview, setPreview] = useState<Partial<Placement>>({})
  const fit = usePlan(model.id, { ...placement, ...preview })
  useEffect(() => {
    // Without it the layers are not offered; everything else is.
    loadMachine().catch(() => {})
  }, [])
  const set = (change: Partial<Placement>): void => {
    setPreview({})
    onChange(change)
  }
  const context = placement.contextTokens ?? model.defaults.contextTokens
  const layers = fit?.layers ?? 0
  return (
    <div className="flex flex-col gap-3">
      <SliderSetting
        label={t`Context`}
        steps={contextSizes(trainedContext, context)}
        value={context}
        format={tokens}
        note={t`How much of a conversation the model keeps in mind.`}
        reset={
          placement.contextTokens === null ? null : (
            <Reset label={t`context`} onReset={() => set({ contextTokens: null })} />
          )
        }
        onPreview={(contextTokens) => setPreview({ contextTokens })}
        onChange={(contextTokens) => set({ contextTokens })}
      />
      {hasGpu && layers > 0 ? (
        <SliderSetting
          label={t`Layers on the graphics card`}
          steps={Array.from({ length: layers + 1 }, (_, i) => i)}
          value={placement.gpuLayers ?? fit?.gpuLayers ?? layers}
          format={(step) => t`${count(step)} of ${count(layers)}`}
          reset={
            placement.gpuLayers === null ? null : <Reset label={t`layers`} onReset={() => set({ gpuLayers: null })} />
          }
          onPreview={(gpuLayers) => setPreview({ gpuLayers })}
          onChange={(gpuLayers) => set({ gpuLayers })}
        />
      ) : null}
      <div className="flex flex-col items-start gap-1.5">
        <p>{t`Precision of the context`}</p>
        <Segmented
          label={t`Precision of the context`}
          value={placement.kvType ?? 'auto'}
          options={kvTypes}
          onChange={(next) => set({ kvType: next === 'auto' ? null : next })}
        />
        <p className="text-muted">{t`Half takes half of the memory and is hardly less exact; a quarter may cost quality.`}</p>
      </div>
      <Cost fit={fit} />
    </div>
  )
}

/** The memory that the choices take of what is free, and the speed to expect. */
function Cost({ fit }: { fit: Fit | null }): ReactNode {
  if (!fit) return null
  const isTooMuch = fit.level === 'no'
  return (
    <div className="rounded-lg bg-sunken px-3 py-2.5 tabular-nums" aria-live="polite" data-testid="placement-cost">
      <div className="mb-2 flex h-1.5 overflow-hidden rounded-full bg-active" aria-hidden>
        <span
          className={cx('rounded-full', isTooMuch ? 'bg-danger' : 'bg-accent')}
          style={{ width: `${Math.min(100, (fit.neededBytes / Math.max(1, fit.freeBytes)) * 100)}%` }}
        />
      </div>
      <p>{t`${bytes(fit.neededBytes)} of ${bytes(fit.freeBytes)} free memory`}</p>
      <p className={isTooMuch ? 'text-danger' : 'text-muted'}>{fit.sentence}</p>
    </div>
  )
}

function Reset({ label, onReset }: { label: string; onReset: () => void }): ReactNode {
  return (
    <button
      type="button"
      aria-label={t`Reset ${label}`}
      onClick={onReset}
      className="rounded-md text-accent hover:text-accent-strong"
    >{t`Reset`}</button>
  )
}

/**
 * How a model would run with `placement`; null before it is known. One question is on its way at a time, and the latest
 * placement is asked next, so that a slider can be dragged.
 */
function usePlan(modelId: string, placement: Placement): Fit | null {
  const [fit, setFit] = useState<Fit | null>(null)
  const wanted = useRef<string | null>(null)
  const asking = useRef(false)
  const key = JSON.stringify(placement)
  useEffect(() => {
    wanted.current = key
    const ask = async (): Promise<void> => {
      asking.current = true
      for (let next = wanted.current; next !== null; next = wanted.current) {
        wanted.current = null
        // What cannot be planned (files are missing) is shown with the files; here there is just no figure.
        const known = await planFor(modelId, JSON.parse(next) as Placement).catch(() => null)
        if (wanted.current === null) setFit(known?.fit ?? null)
      }
      asking.current = false
    }
    if (!asking.current) void ask()
  }, [modelId, key])
  return fit
}
