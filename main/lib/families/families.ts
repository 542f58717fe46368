import type { ModelFamily } from '#contract'
import { wordsInName } from './family.ts'
import type { Family, RunningFamily, VisionFacts } from './family.ts'
import { qwen2vl } from './qwen2vl.ts'
import { qwen3vl } from './qwen3vl.ts'
import { qwen35 } from './qwen35.ts'
import { qwen25vl } from './qwen25vl.ts'

/** The families that the engine runs. To run another one is to add a file for it here and one in the engine's worker. */
const running: Readonly<Record<ModelFamily, RunningFamily>> = { qwen25vl, qwen2vl, qwen3vl, qwen35 }

/** Families that are known by name only. */
const others: readonly Family[] = [
  { id: 'gemma3', label: 'Gemma 3', architectures: ['gemma3'], projectorTypes: ['gemma3'], vision: null },
  {
    id: 'gemma3n',
    label: 'Gemma 3n',
    architectures: ['gemma3n'],
    projectorTypes: ['gemma3nv', 'gemma3na'],
    vision: null,
  },
  { id: 'llava', label: 'LLaVA', architectures: [], projectorTypes: ['mlp', 'mlp_norm'], vision: null },
  { id: 'mobilevlm', label: 'MobileVLM', architectures: [], projectorTypes: ['ldp', 'ldpv2'], vision: null },
  { id: 'minicpmv', label: 'MiniCPM-V', architectures: [], projectorTypes: ['resampler'], vision: null },
  { id: 'glmedge', label: 'GLM-Edge-V', architectures: [], projectorTypes: ['adapter'], vision: null },
  { id: 'glm4v', label: 'GLM-4V', architectures: ['glm4v', 'glm4vmoe'], projectorTypes: ['glm4v'], vision: null },
  { id: 'idefics3', label: 'SmolVLM', architectures: [], projectorTypes: ['idefics3'], vision: null },
  { id: 'pixtral', label: 'Pixtral', architectures: [], projectorTypes: ['pixtral'], vision: null },
  { id: 'internvl', label: 'InternVL', architectures: [], projectorTypes: ['internvl'], vision: null },
  { id: 'llama4', label: 'Llama 4', architectures: ['llama4'], projectorTypes: ['llama4'], vision: null },
  { id: 'kimivl', label: 'Kimi-VL', architectures: [], projectorTypes: ['kimivl'], vision: null },
  { id: 'lfm2', label: 'LFM2-VL', architectures: ['lfm2'], projectorTypes: ['lfm2'], vision: null },
  { id: 'cogvlm', label: 'CogVLM', architectures: ['cogvlm'], projectorTypes: ['cogvlm'], vision: null },
  { id: 'januspro', label: 'Janus-Pro', architectures: [], projectorTypes: ['janus_pro'], vision: null },
  { id: 'lightonocr', label: 'LightOnOCR', architectures: [], projectorTypes: ['lightonocr'], vision: null },
  { id: 'ultravox', label: 'Ultravox (sound)', architectures: [], projectorTypes: ['ultravox'], vision: null },
  { id: 'voxtral', label: 'Voxtral (sound)', architectures: [], projectorTypes: ['voxtral'], vision: null },
  { id: 'qwen2a', label: 'Qwen2-Audio (sound)', architectures: [], projectorTypes: ['qwen2a'], vision: null },
]

/** Families of models that see, those that may be named within another's name first. */
export const families: readonly Family[] = [
  {
    id: 'qwen25omni',
    label: 'Qwen2.5-Omni',
    architectures: ['qwen2vl'],
    projectorTypes: ['qwen2.5o'],
    named: wordsInName('qwen', '2', '5', 'omni'),
    towerOf: 'qwen25vl',
    vision: null,
  },
  ...Object.values(running),
  ...others,
]

/** How the models of a family see. */
export const visionOf = (family: ModelFamily): VisionFacts => running[family].vision

/** Families whose language models share the architecture, so that their names and vocabularies have to tell them apart. */
export function familiesOf(architecture: string): readonly Family[] {
  return families.filter((family) => family.architectures.includes(architecture))
}

/** The family of a `clip.projector_type`; null for one that no row has. */
export function familyOfProjector(type: string): Family | null {
  return families.find((family) => family.projectorTypes.includes(type)) ?? null
}

/** The family with that id; null when there is none. */
export function familyById(id: string): Family | null {
  return families.find((family) => family.id === id) ?? null
}

/** A family's id as people call it; what no row has stays as it is. */
export function familyLabel(id: string): string {
  return familyById(id)?.label ?? id
}

/** Whether the engine runs the family of that id. */
export function isModelFamily(id: string | null): id is ModelFamily {
  return id !== null && Object.hasOwn(running, id)
}

/** Families as a list for people: "Qwen2-VL or Qwen2.5-VL". */
export function familyList(ids: readonly string[]): string {
  const labels = ids.map(familyLabel)
  return labels.length < 2 ? labels.join('') : `${labels.slice(0, -1).join(', ')} or ${labels.at(-1)!}`
}

/** The families that run, for advice, the oldest first: "Qwen2-VL, Qwen2.5-VL or Qwen3-VL". */
export const runningFamilies = familyList(
  families
    .filter(({ vision }) => vision !== null)
    .sort((a, b) => (a.label < b.label ? -1 : 1))
    .map(({ id }) => id),
)
