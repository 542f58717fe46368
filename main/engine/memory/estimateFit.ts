import type { Fit, Placement } from '#contract'
import { resolveOptions } from './contextOptions.ts'
import { bestGpu } from './devices.ts'
import { gigabytes } from './outOfMemory.ts'
import { AUTO_CONTEXT, bestPlan, fitContext, fits, planExactly, USUAL_PICTURE } from './plan.ts'
import type { PlanInput } from './plan.ts'
import type { ContextOptions, MachineFacts, MemoryPlan } from '../types.ts'
import type { SizedModel } from './shape.ts'
import { answerSpeed, speedClass } from './speed.ts'

/** The largest context that is worth telling, in tokens; those tried are its halves: 16384, 8192, 4096 and 2048. */
const LARGEST_CONTEXT = 32_768

/** Everything left to the plan. */
export const anyPlacement: Placement = { contextTokens: null, gpuLayers: null, kvType: null }

/** A placement as the engine's requests say it. */
export function contextOptions({ gpuLayers, kvType }: Placement): ContextOptions {
  return { ...(gpuLayers === null ? {} : { gpuLayers }), ...(kvType === null ? {} : { kvType }) }
}

/**
 * How a model would run here, by the plan that the engine would make for it: `placement` is obeyed as far as it fits.
 * With the context left open, `contextTokens` is the largest for which nothing has to leave its place.
 */
export function estimateFit(model: SizedModel, machine: MachineFacts, placement = anyPlacement): Fit {
  const input = planInput(model, machine, placement)
  let plan = bestPlan(input)
  if (fits(plan, input) && placement.contextTokens === null)
    plan = fitContext(plan, {
      ...input,
      contextTokens: Math.min(LARGEST_CONTEXT, model.text.trainedContext),
      neededTokens: plan.contextTokens,
    })
  return fitOf(plan, input, model, machine)
}

/** What exactly this placement costs, whether it fits or not. */
export function estimatePlacement(
  model: SizedModel,
  machine: MachineFacts,
  placement: Placement,
): { plan: MemoryPlan; fit: Fit } {
  const input = planInput(model, machine, placement)
  const plan = planExactly(input, placement.gpuLayers)
  return { plan, fit: fitOf(plan, input, model, machine) }
}

function planInput(
  { text, projector }: SizedModel,
  { devices, systemFreeBytes }: MachineFacts,
  placement: Placement,
): PlanInput {
  const { kvType, flashAttention } = resolveOptions({ facts: text }, contextOptions(placement))
  const gpu = bestGpu(devices)
  return {
    text,
    projector,
    contextTokens: Math.min(placement.contextTokens ?? AUTO_CONTEXT, text.trainedContext),
    kvType,
    flashAttention: flashAttention !== 'off',
    ...(placement.gpuLayers === null ? {} : { mostGpuLayers: placement.gpuLayers }),
    picturePixels: USUAL_PICTURE,
    devices: devices.filter((device) => device.kind === 'cpu' || device === gpu),
    systemFreeBytes,
  }
}

function fitOf(plan: MemoryPlan, input: PlanInput, model: SizedModel, machine: MachineFacts): Fit {
  const gpu = bestGpu(input.devices)
  const doesFit = fits(plan, input)
  const level = doesFit ? levelOf(plan, model) : 'no'
  const { contextTokens, gpuLayers, layers } = plan
  const tokensPerSecond = doesFit ? answerSpeed(plan, model, gpu, machine) : null
  const facts = {
    level,
    contextTokens,
    gpuLayers,
    layers,
    neededBytes: Math.ceil(plan.total),
    freeBytes: Math.floor(gpu?.isShared ? input.systemFreeBytes : plan.parts.reduce((sum, part) => sum + part.free, 0)),
    tokensPerSecond,
    speed: tokensPerSecond === null ? null : speedClass(tokensPerSecond),
  }
  return { ...facts, sentence: sentence(facts, plan) }
}

function levelOf({ gpuLayers, layers, visionDevice }: MemoryPlan, { projector }: SizedModel): Fit['level'] {
  if (gpuLayers === layers && (visionDevice !== null || projector === null)) return 'gpu'
  return gpuLayers > 0 || visionDevice !== null ? 'partial' : 'cpu'
}

function sentence(
  { level, contextTokens, gpuLayers, layers, neededBytes, freeBytes }: Omit<Fit, 'sentence'>,
  plan: MemoryPlan,
): string {
  const context = `${contextTokens.toLocaleString('en')} tokens of context`
  switch (level) {
    case 'gpu':
      return `Fits on the graphics card with ${context}.`
    case 'partial':
      if (gpuLayers === 0) return `Runs on the processor with ${context}; pictures are encoded on the graphics card.`
      if (gpuLayers === layers)
        return `Fits on the graphics card with ${context}; pictures are encoded on the processor.`
      return `${gpuLayers} of ${layers} layers fit on the graphics card with ${context}; the others compute on the processor.`
    case 'cpu':
      return `Runs on the processor with ${context}.`
    case 'no': {
      const full = plan.parts.find((part) => part.total > part.free)
      if (full && plan.parts.length > 1)
        return `Needs ${gigabytes(full.total)} of memory on ${full.device}; ${gigabytes(full.free)} are free.`
      return `Needs ${gigabytes(neededBytes)} of memory; ${gigabytes(freeBytes)} are free.`
    }
  }
}
