/** The part of WebAssembly that is used here; Node's types leave it to those of the browser, which the core is kept from. */
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, unknown>>
  interface Instance {
    readonly exports: Record<string, unknown>
  }
  class Memory {
    constructor(descriptor: { readonly initial: number })
    /** Another one after each growth. */
    readonly buffer: ArrayBuffer
  }
  function instantiate(bytes: Uint8Array, imports: Imports): Promise<{ readonly instance: Instance }>
}
