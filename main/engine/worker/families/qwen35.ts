import type { FamilyCode } from './family.ts'
import { qwen3vl } from './qwen3vl.ts'

/** Qwen3.5 and Qwen3.6, after `modeling_qwen3_5.py` of transformers, which has the tower of Qwen3-VL without its deepstack. */
export const qwen35: FamilyCode = qwen3vl
