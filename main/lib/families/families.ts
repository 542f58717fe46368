import type { ModelFamily } from '#contract'

/** A family of models that see. To run another one is to add a row, and a tower for it in the engine. */
export interface Family {
  readonly id: string
  /** As its makers write it. */
  readonly label: string
  /** `general.architecture` of its language models; several families may share one. */
  readonly architectures: readonly string[]
  /** `clip.projector_type` of its projectors. */
  readonly projectorTypes: readonly string[]
  /** How it is named in headers, repositories and names of files. */
  readonly named?: RegExp
  /** `context_length` of its published models, in tokens; only where it tells families of one architecture apart. */
  readonly trainedContext?: number
  /** The family whose vision tower its projectors have, number for number in another training. */
  readonly towerOf?: ModelFamily
  /** Whether the engine runs it. */
  readonly runs: boolean
}

const gap = '[\\s._-]*'
const named = (...words: readonly string[]) => new RegExp(words.join(gap), 'i')

/** Families of models that see, those that may be named within another's name first. */
export const families: readonly Family[] = [
  {
    id: 'qwen25omni',
    label: 'Qwen2.5-Omni',
    architectures: ['qwen2vl'],
    projectorTypes: ['qwen2.5o'],
    named: named('qwen', '2', '5', 'omni'),
    towerOf: 'qwen25vl',
    runs: false,
  },
  {
    id: 'qwen25vl',
    label: 'Qwen2.5-VL',
    architectures: ['qwen2vl', 'qwen25vl'],
    projectorTypes: ['qwen2.5vl_merger'],
    named: named('qwen', '2', '5', 'vl'),
    trainedContext: 128_000,
    runs: true,
  },
  {
    id: 'qwen2vl',
    label: 'Qwen2-VL',
    architectures: ['qwen2vl'],
    projectorTypes: ['qwen2vl_merger'],
    named: new RegExp(`(?:qwen${gap}2${gap}vl|qvq)`, 'i'),
    trainedContext: 32_768,
    runs: true,
  },
  {
    id: 'qwen3vl',
    label: 'Qwen3-VL',
    architectures: ['qwen3vl', 'qwen3vlmoe'],
    projectorTypes: ['qwen3vl_merger'],
    runs: false,
  },
  { id: 'qwen35', label: 'Qwen3.5', architectures: ['qwen35', 'qwen35moe'], projectorTypes: [], runs: false },
  { id: 'gemma3', label: 'Gemma 3', architectures: ['gemma3'], projectorTypes: ['gemma3'], runs: false },
  {
    id: 'gemma3n',
    label: 'Gemma 3n',
    architectures: ['gemma3n'],
    projectorTypes: ['gemma3nv', 'gemma3na'],
    runs: false,
  },
  { id: 'llava', label: 'LLaVA', architectures: [], projectorTypes: ['mlp', 'mlp_norm'], runs: false },
  { id: 'mobilevlm', label: 'MobileVLM', architectures: [], projectorTypes: ['ldp', 'ldpv2'], runs: false },
  { id: 'minicpmv', label: 'MiniCPM-V', architectures: [], projectorTypes: ['resampler'], runs: false },
  { id: 'glmedge', label: 'GLM-Edge-V', architectures: [], projectorTypes: ['adapter'], runs: false },
  { id: 'glm4v', label: 'GLM-4V', architectures: ['glm4v', 'glm4vmoe'], projectorTypes: ['glm4v'], runs: false },
  { id: 'idefics3', label: 'SmolVLM', architectures: [], projectorTypes: ['idefics3'], runs: false },
  { id: 'pixtral', label: 'Pixtral', architectures: [], projectorTypes: ['pixtral'], runs: false },
  { id: 'internvl', label: 'InternVL', architectures: [], projectorTypes: ['internvl'], runs: false },
  { id: 'llama4', label: 'Llama 4', architectures: ['llama4'], projectorTypes: ['llama4'], runs: false },
  { id: 'kimivl', label: 'Kimi-VL', architectures: [], projectorTypes: ['kimivl'], runs: false },
  { id: 'lfm2', label: 'LFM2-VL', architectures: ['lfm2'], projectorTypes: ['lfm2'], runs: false },
  { id: 'cogvlm', label: 'CogVLM', architectures: ['cogvlm'], projectorTypes: ['cogvlm'], runs: false },
  { id: 'januspro', label: 'Janus-Pro', architectures: [], projectorTypes: ['janus_pro'], runs: false },
  { id: 'lightonocr', label: 'LightOnOCR', architectures: [], projectorTypes: ['lightonocr'], runs: false },
  { id: 'ultravox', label: 'Ultravox (sound)', architectures: [], projectorTypes: ['ultravox'], runs: false },
  { id: 'voxtral', label: 'Voxtral (sound)', architectures: [], projectorTypes: ['voxtral'], runs: false },
  { id: 'qwen2a', label: 'Qwen2-Audio (sound)', architectures: [], projectorTypes: ['qwen2a'], runs: false },
]

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
  return id !== null && (familyById(id)?.runs ?? false)
}

/** Families as a list for people: "Qwen2-VL or Qwen2.5-VL". */
export function familyList(ids: readonly string[]): string {
  const labels = ids.map(familyLabel)
  return labels.length < 2 ? labels.join('') : `${labels.slice(0, -1).join(', ')} or ${labels.at(-1)!}`
}

/** The families that run, for advice: "Qwen2-VL or Qwen2.5-VL". */
export const runningFamilies = familyList(
  families
    .filter(({ runs }) => runs)
    .map(({ id }) => id)
    .sort((a, b) => a.length - b.length),
)
