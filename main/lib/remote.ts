import { AppError, say } from '#contract'

/** A message port that can be handed on over a line: Electron's `MessagePortMain`. */
export interface TransferPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

/** A two-way line between two processes. Messages are structured-cloned; message ports are handed over beside them. */
export interface Line {
  send(message: unknown, ports: readonly TransferPort[]): void
  onMessage(listener: (message: unknown, ports: readonly TransferPort[]) => void): void
  /** Called once when the other process is gone. */
  onClose(listener: () => void): void
}

/** What the other process gets of a `T`: plain data as it is, every function as one that answers later. */
export type Remote<T> = T extends TransferPort | Uint8Array
  ? T
  : T extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Remote<Awaited<Result>>>
    : T extends (infer Item)[]
      ? Remote<Item>[]
      : T extends object
        ? { readonly [K in keyof T]: Remote<T[K]> }
        : T

type Callable = (...args: unknown[]) => unknown
type Message =
  | { type: 'offer'; value: unknown }
  | { type: 'call'; id: number; target: number; args: unknown }
  | { type: 'done'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: unknown }
  | { type: 'release'; target: number }

/** Marks what is not cloned; no plain data of the contract has such keys. */
const FUNCTION = '$function'
const PORT = '$port'

/**
 * Joins two processes so that each calls functions of the other. Either side may offer one object; functions in it, in
 * arguments and in results travel as references, plain data is cloned, and message ports change hands. An `AppError` that
 * a function throws arrives as one; the text of any other error goes to `onDefect` here and arrives as a plain `Error`.
 * Calls are begun in the order in which they were made. A caller may leave a promise alone: it is never an unhandled
 * rejection.
 */
export function connectRemote<Other>(
  line: Line,
  { offer, onDefect }: { offer?: object; onDefect: (error: unknown) => void },
): {
  /** What the other side offers; rejects with `Interrupted` when it ends before. */
  readonly other: Promise<Remote<Other>>
} {
  const targets = new Map<number, Callable>()
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const { promise: other, resolve, reject } = Promise.withResolvers<Remote<Other>>()
  other.catch(() => {})
  let lastTarget = 0
  let lastCall = 0
  let open = true

  /** Forgets a function of the other side once nobody here can call it any more. */
  const unused = new FinalizationRegistry<number>((target) => {
    if (open) send({ type: 'release', target })
  })

  function send(message: Message): void {
    const ports: TransferPort[] = []
    line.send(encode(message, ports), ports)
  }

  function encode(value: unknown, ports: TransferPort[]): unknown {
    if (typeof value === 'function') {
      targets.set(++lastTarget, value as Callable)
      return { [FUNCTION]: lastTarget }
    }
    if (Array.isArray(value)) return value.map((item) => encode(item, ports))
    if (isPort(value)) return { [PORT]: ports.push(value) - 1 }
    if (!isPlain(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, encode(item, ports)]))
  }

  function decode(value: unknown, ports: readonly TransferPort[]): unknown {
    if (Array.isArray(value)) return value.map((item) => decode(item, ports))
    if (!isPlain(value)) return value
    if (typeof value[FUNCTION] === 'number') return caller(value[FUNCTION])
    if (typeof value[PORT] === 'number') return ports[value[PORT]]
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, decode(item, ports)]))
  }

  function caller(target: number): Callable {
    const call = (...args: unknown[]): Promise<unknown> => {
      const answer = new Promise((resolve, reject) => {
        if (!open) return reject(gone())
        const id = ++lastCall
        // What cannot be cloned throws here, and nobody waits for it.
        send({ type: 'call', id, target, args })
        pending.set(id, { resolve, reject })
      })
      answer.catch(() => {})
      return answer
    }
    unused.register(call, target)
    return call
  }

  async function answer({ id, target, args }: Extract<Message, { type: 'call' }>): Promise<void> {
    try {
      const call = targets.get(target)
      if (!call) throw new Error('A function was called that is not offered any more')
      const value = await call(...(args as unknown[]))
      if (open) send({ type: 'done', id, value })
    } catch (thrown) {
      if (!(thrown instanceof AppError)) onDefect(thrown)
      if (open) send({ type: 'failed', id, error: thrown instanceof AppError ? thrown.toInfo() : String(thrown) })
    }
  }

  line.onMessage((raw, ports) => {
    const message = decode(raw, ports) as Message
    if (message.type === 'offer') resolve(message.value as Remote<Other>)
    else if (message.type === 'call') void answer(message)
    else if (message.type === 'release') targets.delete(message.target)
    else {
      const call = pending.get(message.id)
      pending.delete(message.id)
      if (message.type === 'done') call?.resolve(message.value)
      else call?.reject(toError(message.error))
    }
  })
  line.onClose(() => {
    open = false
    targets.clear()
    reject(gone())
    for (const call of pending.values()) call.reject(gone())
    pending.clear()
  })
  if (offer) send({ type: 'offer', value: offer })
  return { other }
}

const gone = (): AppError =>
  new AppError('Interrupted', say`A part of Sightline has ended. What was stored is kept; try again when it runs.`)

function toError(error: unknown): Error {
  if (typeof error === 'object' && error !== null) return AppError.from(error as Parameters<typeof AppError.from>[0])
  return new Error(String(error))
}

const isPort = (value: unknown): value is TransferPort =>
  typeof value === 'object' && value !== null && 'postMessage' in value && 'start' in value

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
