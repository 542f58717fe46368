import { requireMatrix, requireNumbers, requireVector } from './header.ts'
import type { Fields, GgufHeader } from './header.ts'
import { unusual } from './problems.ts'

/** The blocks of a hybrid model that have a recurrent state (gated delta nets) instead of keys and values. */
export interface RecurrentBlocks {
  /** Of each block, whether it is one of them. */
  readonly isRecurrent: readonly boolean[]
  /** Tokens that the convolution before the state looks at. */
  readonly kernel: number
  /** Width of a head of keys, and of one of values. */
  readonly headLength: number
  readonly keyHeads: number
  readonly valueHeads: number
}

const MAX_KERNEL = 64
const MAX_LENGTH = 65_536
const MAX_HEADS = 4096
/** Every so many blocks one has attention, where a file says nothing; llama.cpp takes the same. */
const USUAL_INTERVAL = 4

/**
 * Reads which of `blocks` blocks are recurrent, and their sizes. `all`: how many blocks the file counts, with those behind
 * the model that guess further tokens ahead. @throws AppError UnsupportedModel.
 */
export function readRecurrentBlocks(
  header: GgufHeader,
  fields: Fields,
  key: (name: string) => string,
  blocks: number,
  all: number,
): RecurrentBlocks {
  const { path } = header
  const size = (name: string, max: number) => fields.u32(key(`ssm.${name}`), { min: 1, max })
  const kernel = size('conv_kernel', MAX_KERNEL)
  const headLength = size('state_size', MAX_LENGTH)
  const keyHeads = size('group_count', MAX_HEADS)
  const valueHeads = size('time_step_rank', MAX_HEADS)
  const inner = size('inner_size', MAX_LENGTH * MAX_HEADS)
  if (kernel < 2 || inner !== headLength * valueHeads || valueHeads % keyHeads !== 0)
    throw unusual(
      path,
      `its recurrent blocks have ${keyHeads} key and ${valueHeads} value heads of ${headLength}, which do not fit a width of ${inner}`,
    )
  const isRecurrent = pattern(header, fields, key, blocks, all)
  if (!isRecurrent.includes(true) || !isRecurrent.includes(false))
    throw unusual(path, 'it does not mix blocks with a recurrent state and blocks with attention')
  return { isRecurrent, kernel, headLength, keyHeads, valueHeads }
}

function pattern(
  { path }: GgufHeader,
  fields: Fields,
  key: (name: string) => string,
  blocks: number,
  all: number,
): boolean[] {
  const listKey = key('attention.recurrent_layers')
  if (fields.has(listKey)) {
    const listed = fields.numbers(listKey, all, ['bool']).map(Boolean)
    if (listed.slice(blocks).includes(true)) throw unusual(path, `${listKey} is longer than its ${blocks} blocks`)
    return listed.slice(0, blocks)
  }
  const intervalKey = key('full_attention_interval')
  const interval = fields.has(intervalKey) ? fields.u32(intervalKey, { min: 1, max: blocks }) : USUAL_INTERVAL
  return Array.from({ length: blocks }, (_, i) => (i + 1) % interval !== 0)
}

/** Checks what block `i` has in place of attention. `width`: of the model. @throws AppError UnsupportedModel. */
export function checkRecurrentBlock(header: GgufHeader, i: number, width: number, recurrent: RecurrentBlocks): void {
  const { kernel, headLength, keyHeads, valueHeads } = recurrent
  const name = (part: string) => `blk.${i}.${part}`
  const inner = headLength * valueHeads
  const mixed = inner + 2 * headLength * keyHeads
  requireMatrix(header, name('attn_qkv.weight'), [width, mixed])
  requireMatrix(header, name('attn_gate.weight'), [width, inner])
  requireNumbers(header, name('ssm_conv1d.weight'), [kernel, mixed])
  requireVector(header, name('ssm_dt.bias'), valueHeads)
  requireVector(header, name('ssm_a'), valueHeads)
  requireMatrix(header, name('ssm_alpha.weight'), [width, valueHeads])
  requireMatrix(header, name('ssm_beta.weight'), [width, valueHeads])
  requireVector(header, name('ssm_norm.weight'), headLength)
  requireMatrix(header, name('ssm_out.weight'), [inner, width])
}
