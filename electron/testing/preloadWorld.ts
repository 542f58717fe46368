/** What travels between the stand-in and a page, as JSON. Bytes are base64. */
export type PageData = { text: string } | { bytes: string } | { plain: unknown } | { object: Record<string, PageData> }
export type FromPage =
  | { type: 'send'; channel: string; args: unknown[] }
  | { type: 'port'; id: number; data: PageData }
  | { type: 'path'; id: number }
  | { type: 'invoke'; id: number; channel: string; args: unknown[] }
export type ToPage =
  | { type: 'ipc'; channel: string; args: unknown[]; ports: number[] }
  | { type: 'port'; id: number; data: PageData }
  | { type: 'closed'; id: number }
  | { type: 'path'; id: number; path: string }
  | { type: 'invoked'; id: number; result?: unknown; error?: string }
/** A call of a function that the preload script exposes; other than in the rest, files are what they are. */
interface ExposedCall {
  id: number
  name: string
  key: string
  args: unknown[]
}

declare global {
  var standInSend: (message: string) => void
  var standInReceive: (message: ToPage) => void
  /** Files whose paths were asked for. */
  var standInFiles: Map<number, File>
}

/**
 * Runs in the page's own world: puts there what the preload script exposes, as functions that answer later. Ports that
 * the shell gave behave as Electron's: they lose a message that transfers an ArrayBuffer (electron#34905), and hear that the
 * other end has closed, which Chromium's own do not.
 */
export function pageWorld(): void {
  const shellPorts: MessagePort[] = []
  addEventListener('message', ({ ports }) => void shellPorts.push(...ports))
  addEventListener('stand-in:closed', (event) =>
    shellPorts[Number((event as CustomEvent<string>).detail)]?.dispatchEvent(new Event('close')),
  )
  type PostMessage = (
    this: MessagePort,
    message: unknown,
    options?: Transferable[] | StructuredSerializeOptions,
  ) => void
  const post = MessagePort.prototype.postMessage as PostMessage
  MessagePort.prototype.postMessage = function (this: MessagePort, message: unknown, options) {
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? [])
    const isLost = shellPorts.includes(this) && transfer.some((one) => one instanceof ArrayBuffer)
    post.call(this, isLost ? null : message, options)
  } satisfies PostMessage as MessagePort['postMessage']
  const waiting: ((result: unknown) => void)[] = []
  addEventListener('stand-in:result', (event) => {
    const { id, result } = (event as CustomEvent<{ id: number; result: unknown }>).detail
    waiting[id]?.(result)
  })
  addEventListener('stand-in:expose', (event) => {
    const { name, keys } = JSON.parse((event as CustomEvent<string>).detail) as { name: string; keys: string[] }
    const call = (key: string, args: unknown[]) =>
      new Promise((resolve) => {
        const detail: ExposedCall = { id: waiting.push(resolve) - 1, name, key, args }
        dispatchEvent(new CustomEvent('stand-in:call', { detail }))
      })
    const api = Object.fromEntries(keys.map((key) => [key, (...args: unknown[]) => call(key, args)]))
    Object.defineProperty(window, name, { value: Object.freeze(api), enumerable: true })
  })
}

/**
 * Runs in the preload script's own world of the top frame: gives it `contextBridge` and `ipcRenderer`, then runs it.
 * `origins` are addresses that the app's script says and what they are called here.
 */
export function preloadWorld(run: (require: () => object) => void, origins: Record<string, string>): void {
  if (window.top !== window) return
  type IpcListener = (event: { ports: MessagePort[] }, ...args: unknown[]) => void
  const listeners = new Map<string, IpcListener[]>()
  const ports = new Map<number, MessagePort>()
  /** The page's ends, and their ids in the order in which the page got them. */
  const pageEnds = new Map<unknown, number>()
  const given: number[] = []
  const paths = new WeakMap<File, string>()
  const pathsAsked = new Map<number, (path: string) => void>()
  const invoked: ((answer: Extract<ToPage, { type: 'invoked' }>) => void)[] = []
  globalThis.standInFiles = new Map()
  const send = (message: FromPage): void => globalThis.standInSend(JSON.stringify(message))
  const encode = (data: unknown): PageData => {
    if (typeof data === 'string') return { text: data }
    if (data instanceof ArrayBuffer) return encode(new Uint8Array(data))
    if (data instanceof Uint8Array) {
      let text = ''
      for (let at = 0; at < data.length; at += 32_768) text += String.fromCharCode(...data.subarray(at, at + 32_768))
      return { bytes: btoa(text) }
    }
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return { plain: data }
    return { object: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])) }
  }
  const decode = (data: PageData): unknown => {
    if ('text' in data) return data.text
    if ('bytes' in data) return Uint8Array.from(atob(data.bytes), (char) => char.charCodeAt(0))
    if ('plain' in data) return data.plain
    return Object.fromEntries(Object.entries(data.object).map(([key, value]) => [key, decode(value)]))
  }

  const openPort = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel()
    ports.set(id, port1)
    port1.onmessage = ({ data }) => send({ type: 'port', id, data: encode(data) })
    pageEnds.set(port2, id)
    return port2
  }
  const askPath = (file: File): Promise<string> =>
    new Promise((resolve) => {
      const id = pathsAsked.size
      standInFiles.set(id, file)
      pathsAsked.set(id, resolve)
      send({ type: 'path', id })
    })
  globalThis.standInReceive = (message) => {
    if (message.type === 'port') return ports.get(message.id)?.postMessage(decode(message.data))
    if (message.type === 'closed') {
      ports.get(message.id)?.close()
      dispatchEvent(new CustomEvent('stand-in:closed', { detail: String(given.indexOf(message.id)) }))
      return
    }
    if (message.type === 'path') return pathsAsked.get(message.id)?.(message.path)
    if (message.type === 'invoked') return invoked[message.id]?.(message)
    const event = { ports: message.ports.map(openPort) }
    for (const listener of listeners.get(message.channel) ?? []) listener(event, ...message.args)
  }

  const post = window.postMessage.bind(window) as (message: unknown, origin: string, ports?: Transferable[]) => void
  Object.defineProperty(window, 'postMessage', {
    value: (message: unknown, origin: string, transfer: Transferable[] = []) => {
      given.push(...transfer.flatMap((one) => pageEnds.get(one) ?? []))
      post(message, origins[origin] ?? origin, transfer)
    },
  })
  const ipcRenderer = {
    on: (channel: string, listener: IpcListener) =>
      void listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    send: (channel: string, ...args: unknown[]) => send({ type: 'send', channel, args }),
    invoke: (channel: string, ...args: unknown[]) =>
      new Promise((resolve, reject) => {
        const id = invoked.length
        invoked.push(({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error))))
        send({ type: 'invoke', id, channel, args })
      }),
  }
  const contextBridge = {
    exposeInMainWorld(name: string, api: Record<string, (...args: unknown[]) => unknown>) {
      const answer = async ({ key, args }: ExposedCall): Promise<unknown> => {
        // Electron's answers at once; here the stand-in has to be asked first
        for (const file of args) if (file instanceof File) paths.set(file, await askPath(file))
        return api[key]?.(...args)
      }
      addEventListener('stand-in:call', (event) => {
        const { detail } = event as CustomEvent<ExposedCall>
        if (detail.name !== name) return
        void answer(detail).then((result) =>
          dispatchEvent(new CustomEvent('stand-in:result', { detail: { id: detail.id, result } })),
        )
      })
      dispatchEvent(new CustomEvent('stand-in:expose', { detail: JSON.stringify({ name, keys: Object.keys(api) }) }))
    },
  }
  const webUtils = { getPathForFile: (file: File): string => paths.get(file) ?? '' }
  run(() => ({ contextBridge, ipcRenderer, webUtils }))
}
