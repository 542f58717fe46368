/** Preloaded into utility processes: turns Node's channel to the parent into Electron's, and takes Node's own away. */
const send = process.send?.bind(process)
process.send = undefined

Object.defineProperty(process, 'parentPort', {
  value: {
    postMessage: (message: unknown) => void send?.(message, () => {}),
    on: (_event: 'message', listener: (event: { data: unknown }) => void) =>
      void process.on('message', (data) => listener({ data })),
  },
})
process.once('disconnect', () => process.exit())

export {}
