import { wordsInName } from './family.ts'
import type { RunningFamily } from './family.ts'
import { qwen3vl } from './qwen3vl.ts'

/** Qwen3.5 and Qwen3.6, dense and with experts: they see as Qwen3-VL does, without outputs within the tower. */
export const qwen35: RunningFamily = {
  id: 'qwen35',
  label: 'Qwen3.5',
  architectures: ['qwen35', 'qwen35moe'],
  projectorTypes: qwen3vl.projectorTypes,
  named: wordsInName('qwen', '3', '[56]'),
  vision: qwen3vl.vision,
}
