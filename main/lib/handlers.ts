import type { AnySchema, ContractProcedure, ErrorMap, InferSchemaInput, InferSchemaOutput, Meta } from '@orpc/contract'

/** What every handler is given besides its input. */
export interface CallOptions {
  /** Aborted when the client cancels the call or goes away. */
  readonly signal: AbortSignal
}

/**
 * One function per procedure of a part of the contract: a missing handler, or one of another type, does not compile. A
 * room that serves a whole part of the contract gives its handlers as such an object.
 */
export type HandlersOf<C> =
  C extends ContractProcedure<infer Input extends AnySchema, infer Output extends AnySchema, ErrorMap, Meta>
    ? (
        input: InferSchemaOutput<Input>,
        options: CallOptions,
      ) => InferSchemaInput<Output> | Promise<InferSchemaInput<Output>>
    : { readonly [K in keyof C]: HandlersOf<C[K]> }
