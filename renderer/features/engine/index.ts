import type { EngineStatus } from '#contract'
import { later } from '../../components/primitives/later.tsx'
import { useEngine } from '../../lib/engine.ts'

export { DemoNotice } from './DemoNotice.tsx'
export const EngineBanner = later(
  () => import('./EngineBanner.tsx').then(({ EngineBanner }) => EngineBanner),
  // nothing is said while a model is there and all is well
  () => useEngine(({ status, refusal }) => refusal !== null || (status !== null && !isWell(status))),
)
export const ModelChip = later(() => import('./ModelChip.tsx').then(({ ModelChip }) => ModelChip))

const isWell = ({ state, note, modelId, modelName }: EngineStatus): boolean =>
  state !== 'failed' && note === null && (modelId !== null || modelName !== null)
