import { isContractProcedure } from '@orpc/contract'
import { implement } from '@orpc/server'
import type { Router } from '@orpc/server'
import { contract } from '#contract'
import type { Contract } from '#contract'
import type { CallOptions, HandlersOf } from '../lib/handlers.ts'

export type Handlers = HandlersOf<Contract>

export type AppRouter = Router<Contract, Record<never, never>>

/** Binds the handlers to the contract; inputs are validated against it before a handler sees them. */
export function createRouter(handlers: Handlers): AppRouter {
  const never = new AbortController().signal
  const bind = (part: object, handler: unknown): unknown => {
    if (isContractProcedure(part)) {
      const call = handler as (input: unknown, options: CallOptions) => unknown
      return implement(part).handler(({ input, signal }) => call(input, { signal: signal ?? never }))
    }
    const entries = Object.entries(part as Record<string, object>)
    return Object.fromEntries(
      entries.map(([key, child]) => [key, bind(child, (handler as Record<string, unknown>)[key])]),
    )
  }
  return bind(contract, handlers) as AppRouter
}
