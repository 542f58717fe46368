/**
 * Names of the messages between the desktop shell and its window, besides what goes over the port itself. A file of its
 * own without imports, because the preload script carries all that it imports.
 */
export const shellMessages = {
  /** Asks for a port to the core, and brings one. */
  port: 'sightline:port',
  /** There is no core; an `ErrorInfo` says why. */
  stopped: 'sightline:stopped',
  /** Asks for another core in place of one that ended. */
  restart: 'sightline:restart',
  /** Tells where a file lies that the user gave to the window. Said by the preload script alone, and answered once the core knows. */
  given: 'sightline:given',
} as const
