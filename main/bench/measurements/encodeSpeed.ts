import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AppError } from '#contract'
import type { Measured, Measurement } from '../measurement.ts'
import { median, pairedRatios } from '../statistics.ts'
import type { FromTowerPeer, ToTowerPeer } from '../tower/protocol.ts'

const SIDES = [672, 1344]

/** The vision tower against a plain f16 graph of the same weights, in turns in one process; the worse of two sizes counts. */
export const encodeSpeed: Measurement = {
  name: 'encode_speed',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const { projectorPath } = workload.model
    if (projectorPath === null)
      throw new AppError('ProjectorMissing', 'Encoding cannot be measured without a projector.')
    const { bytes } = await engine.engine.inspect(workload.model)
    // its memory is needed for three sets of weights
    await engine.engine.unload()
    const figures: Measured['figures'][number][] = []
    let worst: readonly number[] = []
    for (const side of SIDES) {
      const { ours, plain, cosine, kind } = await compare({ projectorPath, side, runs, bytes })
      const ratios = pairedRatios(ours, plain)
      if (worst.length === 0 || median(ratios) > median(worst)) worst = ratios
      figures.push(
        { name: `tower_${side}`, label: `the tower on ${side} x ${side} pixels (${kind})`, unit: 'ms', values: ours },
        { name: `tower_${side}_plain`, label: 'a plain f16 graph', unit: 'ms', values: plain },
        {
          name: `tower_${side}_cosine`,
          label: 'cosine of the embeddings to full precision',
          unit: 'ratio',
          values: [cosine],
        },
      )
    }
    return {
      figures,
      ratios: [
        {
          name: 'encode',
          label: 'the tower against a plain f16 graph, the worse of two sizes',
          unit: 'ratio',
          values: worst,
        },
      ],
    }
  },
}

function compare(request: ToTowerPeer): Promise<Extract<FromTowerPeer, { type: 'compared' }>> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(new URL('../tower/peer.ts', import.meta.url)), [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const fail = (why: string) =>
      reject(
        new AppError('EngineFailed', `The plain graph could not be compared with: ${why}. Run the benchmark again.`),
      )
    child.once('exit', () => fail('its process ended'))
    child.once('message', (reply: FromTowerPeer) => {
      child.removeAllListeners('exit')
      child.kill('SIGKILL')
      if (reply.type === 'compared') resolve(reply)
      else fail(reply.message)
    })
    child.send(request)
  })
}
