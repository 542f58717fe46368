import type { EngineStatus } from '#contract'
import { count, percent } from '../../lib/format.ts'

/** The text and the colour of the engine's state. */
export interface StatusText {
  readonly label: string
  readonly tone: 'ok' | 'busy' | 'quiet' | 'bad'
}

/** The engine's state in the user's words. */
export function statusText(status: EngineStatus): StatusText {
  switch (status.state) {
    case 'ready':
      return { label: 'Ready', tone: 'ok' }
    case 'loading':
      return { label: status.progress === null ? 'Loading' : `Loading ${percent(status.progress)}`, tone: 'busy' }
    case 'restarting':
      return { label: 'Restarting', tone: 'busy' }
    case 'failed':
      return { label: 'Not working', tone: 'bad' }
    case 'off':
      return { label: 'Loads with the first question', tone: 'quiet' }
  }
}

/**
 * The device that computes, as text: "CPU (zen4)", or "CUDA · NVIDIA GeForce RTX 4070 · 28 of 29 layers"; null before
 * it is known.
 */
export function computesOn({
  backend,
  noGpuReason,
  plan,
}: Pick<EngineStatus, 'backend' | 'noGpuReason' | 'plan'>): string | null {
  if (backend === null || noGpuReason !== null) return backend
  const [, api, device] = /^(\S+) \((.+)\)$/.exec(backend) ?? [null, backend]
  return [api, device, plan && layersThere(plan)].filter(Boolean).join(' · ')
}

/** "28 of 29 layers", which a line does not break. */
const layersThere = ({ gpuLayers, layers }: { gpuLayers: number; layers: number }): string =>
  (gpuLayers === layers ? `all ${count(layers)} layers` : `${count(gpuLayers)} of ${count(layers)} layers`).replaceAll(
    ' ',
    '\u00a0',
  )

/** The reason why no GPU computes, as a sentence: "No graphics card is used: no NVIDIA driver was found (CUDA)." */
export function noGpuText(reason: string): string {
  const reasons = reason.split('; ').map((one) => one.replace(/^(CUDA|Vulkan|Metal): (.+)$/, '$2 ($1)'))
  return reason === '' ? 'No graphics card is used.' : `No graphics card is used: ${reasons.join(', ')}.`
}
