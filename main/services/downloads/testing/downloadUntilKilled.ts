import { openRig } from './rig.ts'

/**
 * For a process of its own that is killed in the middle: opens the data in the folder `argv[2]`, queues the request in
 * `argv[3]` (JSON) and writes the job to standard output, one line of JSON at every change.
 */
const rig = openRig(process.argv[2] as string, { transfer: { connections: 2 } })
rig.downloads.start(JSON.parse(process.argv[3] as string))
for await (const [job] of rig.downloads.watch()) process.stdout.write(`${JSON.stringify(job)}\n`)
