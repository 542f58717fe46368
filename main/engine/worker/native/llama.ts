import { bind, bindAsync } from './ffi.ts'
import type { Memory, Pointer } from './ffi.ts'
import type { Libraries } from './libraries.ts'
import { Batch, ContextParams, ModelParams, SamplerChainParams } from './structs.ts'
import type { ContextParamsValues, ModelParamsValues } from './structs.ts'

type P = Pointer
const p = 'void*'

/** Arguments of one `llama_decode`: tokens or embeddings, with positions (one row for tokens, four for embeddings). */
export interface BatchValues {
  n_tokens: number
  token: Memory
  embd: Memory
  pos: Memory
  n_seq_id: Memory
  seq_id: Memory
  logits: Memory
}

/** The part of llama.cpp's C API that the language model needs. Names as in llama.h without their prefix. */
export function bindLlama({ llama }: Libraries) {
  return {
    backendInit: bind<[], void>(llama, 'llama_backend_init', 'void', []),
    logSet: bind<[P, P], void>(llama, 'llama_log_set', 'void', [p, p]),
    modelDefaultParams: bind<[], ModelParamsValues>(llama, 'llama_model_default_params', ModelParams, []),
    contextDefaultParams: bind<[], ContextParamsValues>(llama, 'llama_context_default_params', ContextParams, []),
    modelLoad: bindAsync<[string, ModelParamsValues], P>(llama, 'llama_model_load_from_file', p, ['str', ModelParams]),
    modelFree: bindAsync<[P], void>(llama, 'llama_model_free', 'void', [p]),
    modelEmbeddingLength: bind<[P], number>(llama, 'llama_model_n_embd', 'int', [p]),
    modelInputLength: bind<[P], number>(llama, 'llama_model_n_embd_inp', 'int', [p]),
    modelVocab: bind<[P], P>(llama, 'llama_model_get_vocab', p, [p]),
    contextInit: bindAsync<[P, ContextParamsValues], P>(llama, 'llama_init_from_model', p, [p, ContextParams]),
    attachThreadpool: bind<[P, P, P], void>(llama, 'llama_attach_threadpool', 'void', [p, p, p]),
    setThreads: bind<[P, number, number], void>(llama, 'llama_set_n_threads', 'void', [p, 'int', 'int']),
    contextFree: bindAsync<[P], void>(llama, 'llama_free', 'void', [p]),
    contextSize: bind<[P], number>(llama, 'llama_n_ctx', 'uint32', [p]),
    memory: bind<[P], P>(llama, 'llama_get_memory', p, [p]),
    memorySeqRemove: bind<[P, number, number, number], boolean>(llama, 'llama_memory_seq_rm', 'bool', [
      p,
      'int',
      'int',
      'int',
    ]),
    memorySeqCopy: bind<[P, number, number, number, number], void>(llama, 'llama_memory_seq_cp', 'void', [
      p,
      'int',
      'int',
      'int',
      'int',
    ]),
    setCausal: bind<[P, boolean], void>(llama, 'llama_set_causal_attn', 'void', [p, 'bool']),
    stateSize: bind<[P, number], number>(llama, 'llama_state_seq_get_size', 'size_t', [p, 'int']),
    stateGet: bindAsync<[P, Uint8Array, number, number], number>(llama, 'llama_state_seq_get_data', 'size_t', [
      p,
      p,
      'size_t',
      'int',
    ]),
    stateSet: bindAsync<[P, Uint8Array, number, number], number>(llama, 'llama_state_seq_set_data', 'size_t', [
      p,
      p,
      'size_t',
      'int',
    ]),
    partSize: bind<[P, number, number], number>(llama, 'llama_state_seq_get_size_ext', 'size_t', [p, 'int', 'uint32']),
    partGet: bindAsync<[P, Uint8Array, number, number, number], number>(
      llama,
      'llama_state_seq_get_data_ext',
      'size_t',
      [p, p, 'size_t', 'int', 'uint32'],
    ),
    partSet: bind<[P, Uint8Array, number, number, number], number>(llama, 'llama_state_seq_set_data_ext', 'size_t', [
      p,
      p,
      'size_t',
      'int',
      'uint32',
    ]),
    decode: bindAsync<[P, BatchValues], number>(llama, 'llama_decode', 'int', [p, Batch]),
    tokenize: bindAsync<[P, Uint8Array, number, Int32Array, number, boolean, boolean], number>(
      llama,
      'llama_tokenize',
      'int',
      [p, p, 'int', p, 'int', 'bool', 'bool'],
    ),
    tokenToPiece: bind<[P, number, Uint8Array, number, number, boolean], number>(llama, 'llama_token_to_piece', 'int', [
      p,
      'int',
      p,
      'int',
      'int',
      'bool',
    ]),
    vocabIsEog: bind<[P, number], boolean>(llama, 'llama_vocab_is_eog', 'bool', [p, 'int']),
    vocabText: bind<[P, number], string>(llama, 'llama_vocab_get_text', 'str', [p, 'int']),
    vocabAttributes: bind<[P, number], number>(llama, 'llama_vocab_get_attr', 'int', [p, 'int']),
    vocabSize: bind<[P], number>(llama, 'llama_vocab_n_tokens', 'int', [p]),
    samplerChainInit: bind<[object], P>(llama, 'llama_sampler_chain_init', p, [SamplerChainParams]),
    samplerChainAdd: bind<[P, P], void>(llama, 'llama_sampler_chain_add', 'void', [p, p]),
    samplerFree: bind<[P], void>(llama, 'llama_sampler_free', 'void', [p]),
    samplerAccept: bind<[P, number], void>(llama, 'llama_sampler_accept', 'void', [p, 'int']),
    samplerSample: bindAsync<[P, P, number], number>(llama, 'llama_sampler_sample', 'int', [p, p, 'int']),
    /** The same at once, for samplers that need a fraction of a millisecond. */
    samplerSampleNow: bind<[P, P, number], number>(llama, 'llama_sampler_sample', 'int', [p, p, 'int']),
    samplerGrammar: bind<[P, string, string], P>(llama, 'llama_sampler_init_grammar', p, [p, 'str', 'str']),
    loraInit: bindAsync<[P, string], P>(llama, 'llama_adapter_lora_init', p, [p, 'str']),
    setLoras: bind<[P, BigUint64Array, number, Float32Array], number>(llama, 'llama_set_adapters_lora', 'int', [
      p,
      p,
      'size_t',
      p,
    ]),
    samplerGreedy: bind<[], P>(llama, 'llama_sampler_init_greedy', p, []),
    samplerDist: bind<[number], P>(llama, 'llama_sampler_init_dist', p, ['uint32']),
    samplerTopK: bind<[number], P>(llama, 'llama_sampler_init_top_k', p, ['int']),
    samplerTopP: bind<[number, number], P>(llama, 'llama_sampler_init_top_p', p, ['float', 'size_t']),
    samplerMinP: bind<[number, number], P>(llama, 'llama_sampler_init_min_p', p, ['float', 'size_t']),
    samplerTemp: bind<[number], P>(llama, 'llama_sampler_init_temp', p, ['float']),
    samplerPenalties: bind<[number, number, number, number, number], P>(llama, 'llama_sampler_init_penalties', p, [
      'int',
      'int',
      'float',
      'float',
      'float',
    ]),
  }
}
export type Llama = ReturnType<typeof bindLlama>
