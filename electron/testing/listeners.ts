import { EventEmitter } from 'node:events'

type Listener = (...args: never[]) => void

/** What has `on` and `once` as Electron's classes declare them; events are sent with `tell`. */
export class Listeners {
  private readonly emitter = new EventEmitter()

  on(event: string, listener: Listener): this {
    this.emitter.on(event, listener as (...args: unknown[]) => void)
    return this
  }

  once(event: string, listener: Listener): this {
    this.emitter.once(event, listener as (...args: unknown[]) => void)
    return this
  }

  /** Calls the listeners of `event` in order. */
  tell(event: string, ...args: unknown[]): void {
    this.emitter.emit(event, ...args)
  }

  /** Calls the listeners with an event object that carries `details`; true when one of them prevented the default. */
  ask(event: string, details: object = {}, ...args: unknown[]): boolean {
    let prevented = false
    this.emitter.emit(event, { ...details, preventDefault: () => (prevented = true) }, ...args)
    return prevented
  }
}
