/** The reason of an abort signal in the engine process: the request was cancelled, nothing went wrong. */
export class Aborted extends Error {
  constructor() {
    super('aborted')
    this.name = 'Aborted'
  }
}
