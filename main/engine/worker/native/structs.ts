import koffi from 'koffi'
import { AppError } from '#contract'

/**
 * Struct layouts of llama.cpp v0.4.0 (node-llama-cpp 3.21) and v0.5.0 (3.22), which are the same. `checkLayout` compares
 * the defaults that the library returns with the known ones before anything else is called.
 */
export const releases = ['v0.4.0', 'v0.5.0']

const P = 'void*'

export const ModelParams = koffi.struct({
  devices: P,
  tensor_buft_overrides: P,
  n_gpu_layers: 'int',
  split_mode: 'int',
  load_mode: 'int',
  lazy_mode: 'int',
  main_gpu: 'int',
  tensor_split: P,
  progress_callback: P,
  progress_user: P,
  kv_overrides: P,
  vocab_only: 'bool',
  check_tensors: 'bool',
  use_extra_bufts: 'bool',
  no_host: 'bool',
  no_alloc: 'bool',
  load_mtp: 'bool',
})

export const ContextParams = koffi.struct({
  n_ctx: 'uint32',
  n_batch: 'uint32',
  n_ubatch: 'uint32',
  n_seq_max: 'uint32',
  n_rs_seq: 'uint32',
  n_outputs_max: 'uint32',
  n_outputs_max_per_seq: 'uint32',
  n_threads: 'int',
  n_threads_batch: 'int',
  ctx_type: 'int',
  rope_scaling_type: 'int',
  pooling_type: 'int',
  attention_type: 'int',
  flash_attn_type: 'int',
  rope_freq_base: 'float',
  rope_freq_scale: 'float',
  yarn_ext_factor: 'float',
  yarn_attn_factor: 'float',
  yarn_beta_fast: 'float',
  yarn_beta_slow: 'float',
  yarn_orig_ctx: 'uint32',
  defrag_thold: 'float',
  cb_eval: P,
  cb_eval_user: P,
  type_k: 'int',
  type_v: 'int',
  abort_callback: P,
  abort_user: P,
  embeddings: 'bool',
  offload_kqv: 'bool',
  no_perf: 'bool',
  op_offload: 'bool',
  swa_full: 'bool',
  kv_unified: 'bool',
  samplers: P,
  n_samplers: 'size_t',
  ctx_other: P,
})

export const Batch = koffi.struct({ n_tokens: 'int', token: P, embd: P, pos: P, n_seq_id: P, seq_id: P, logits: P })
export const GgmlInit = koffi.struct({ mem_size: 'size_t', mem_buffer: P, no_alloc: 'bool' })
export const SamplerChainParams = koffi.struct({ no_perf: 'bool' })

/** `llama_model_kv_override`: a type, a key of 128 bytes and a value of up to 128; the list ends with an empty key. */
const OVERRIDE = { bytes: 264, keyAt: 4, valueAt: 136, text: 3 }

/** A list that replaces one text of a file's metadata while a model is loaded. Both are shorter than 128 bytes. */
export function textOverride(key: string, value: string): Uint8Array {
  const list = Buffer.alloc(OVERRIDE.bytes * 2)
  list.writeInt32LE(OVERRIDE.text, 0)
  list.write(key, OVERRIDE.keyAt)
  list.write(value, OVERRIDE.valueAt)
  return list
}

type Values = Record<string, number | boolean | bigint | null | ArrayBufferView>
export type ModelParamsValues = Values
export type ContextParamsValues = Values

/** @throws AppError EngineIncompatible when the libraries are of a release whose layouts are not known. */
export function checkLayout(release: string, model: Values, context: Values): void {
  const known: [Values, Values][] = [
    [
      context,
      {
        n_ctx: 512,
        n_batch: 2048,
        n_ubatch: 512,
        n_seq_max: 1,
        type_k: 1,
        type_v: 1,
        rope_scaling_type: -1,
        pooling_type: -1,
        attention_type: -1,
        offload_kqv: true,
        embeddings: false,
        n_samplers: 0,
      },
    ],
    [model, { main_gpu: 0, vocab_only: false, check_tensors: false, use_extra_bufts: true, no_alloc: false }],
  ]
  for (const [values, expected] of known)
    for (const [name, value] of Object.entries(expected)) {
      const found = typeof values[name] === 'bigint' ? Number(values[name]) : values[name]
      if (found !== value)
        throw new AppError(
          'EngineIncompatible',
          `The llama.cpp libraries (${release}) are not the release this version of Sightline was made for (${releases.join(', ')}): ${name} is ${String(found)}, not ${String(value)}. Install Sightline again.`,
          { release, name },
        )
    }
}
