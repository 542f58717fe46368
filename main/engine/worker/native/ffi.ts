import { promisify } from 'node:util'
import koffi from 'koffi'
import type { LibraryHandle, TypeObject } from 'koffi'

/** A native address; null is NULL. */
export type Pointer = bigint | null
/** What may be passed where C wants a pointer: an address, or the memory of a typed array itself. */
export type Memory = Pointer | ArrayBufferView

type TypeSpec = string | TypeObject

/** Binds one C function; `Args` and `R` state its signature for TypeScript. */
export function bind<Args extends readonly unknown[], R>(
  library: LibraryHandle,
  name: string,
  result: TypeSpec,
  args: readonly TypeSpec[],
): (...args: Args) => R {
  return library.func(name, result, [...args]) as unknown as (...args: Args) => R
}

/** Binds the C function at `address`. */
export function bindAddress<Args extends readonly unknown[], R>(
  address: Pointer,
  result: TypeSpec,
  args: readonly TypeSpec[],
): (...args: Args) => R {
  return koffi.decode(address, koffi.proto(result, [...args])) as (...args: Args) => R
}

/**
 * Binds one C function that computes for long; it runs on another thread so that messages get through. The typed arrays
 * among its arguments are kept alive until it returns.
 */
export function bindAsync<Args extends readonly unknown[], R>(
  library: LibraryHandle,
  name: string,
  result: TypeSpec,
  args: readonly TypeSpec[],
): (...args: Args) => Promise<R> {
  return keeping(promisify(library.func(name, result, [...args]).async) as unknown as (...args: Args) => Promise<R>)
}

/** Binds the C function at `address` as `bindAsync` does. */
export function bindAddressAsync<Args extends readonly unknown[], R>(
  address: Pointer,
  result: TypeSpec,
  args: readonly TypeSpec[],
): (...args: Args) => Promise<R> {
  const call = koffi.decode(address, koffi.proto(result, [...args])) as ReturnType<LibraryHandle['func']>
  return keeping(promisify(call.async) as unknown as (...args: Args) => Promise<R>)
}

function keeping<Args extends readonly unknown[], R>(
  call: (...args: Args) => Promise<R>,
): (...args: Args) => Promise<R> {
  return async (...values: Args) => {
    const value = await call(...values)
    keepAlive(values)
    return value
  }
}

let kept: unknown
/** Uses `value` so that it cannot be collected before this point. */
export function keepAlive(value: unknown): void {
  kept = value
  kept = undefined
  void kept
}
