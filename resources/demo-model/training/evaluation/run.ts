import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createHeadless } from '../../../../main/headless.ts'
import { headlessPorts } from '../../../../main/nodePorts.ts'
import type { Ability } from '../generator/conversation.ts'
import { evaluate } from './evaluate.ts'

const usage = `npm run demo-model:eval -- [options]

  --model FOLDER   where demo-text-f16.gguf and demo-mmproj-f16.gguf lie (default: resources/demo-model)
  --count N        conversations per ability (default: 200)
  --seed TEXT      which drawings and questions (default: 1)
  --only a,b       only these abilities (object, pictures, differs, followUp, count, relation, text, box, ...)
  --wrong N        show N wrong answers of each ability
  --json           print { rows: [{ ability, value, bar, holds }] }
`

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    count: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    wrong: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})
if (values.help) {
  process.stdout.write(usage)
  process.exit()
}
const cache = await mkdtemp(path.join(tmpdir(), 'sightline-evaluation-'))
const ports = headlessPorts()
const headless = createHeadless({ ...ports, paths: { ...ports.paths, cache } })
try {
  const { demoModel } = headless
  const folder = values.model
  const model = folder
    ? { textPath: path.join(folder, 'demo-text-f16.gguf'), projectorPath: path.join(folder, 'demo-mmproj-f16.gguf') }
    : demoModel
  const started = performance.now()
  const { rows, judged } = await evaluate({
    engine: headless.engine,
    model: { textPath: model.textPath, projectorPath: model.projectorPath },
    defaults: demoModel.defaults,
    count: Number(values.count ?? 200),
    seed: values.seed ?? '1',
    ...(values.only ? { only: values.only.split(',') as Ability[] } : {}),
  })
  if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`)
  else {
    for (const { ability, value, bar, holds } of rows)
      console.log(
        `${ability.padEnd(48)} ${value.toFixed(3)}  bar ${bar.toFixed(2)}  ${holds ? 'holds' : 'does not hold'}`,
      )
    console.log(`${judged.length} conversations in ${((performance.now() - started) / 1000).toFixed(0)} s`)
  }
  const shown = new Map<string, number>()
  for (const { conversation, answer, score } of judged) {
    const seen = shown.get(conversation.ability) ?? 0
    if (score > 0.5 || seen >= Number(values.wrong ?? 0)) continue
    shown.set(conversation.ability, seen + 1)
    console.log(
      `${conversation.ability}: ${JSON.stringify(conversation.messages.at(-2)!.content)} -> ${JSON.stringify(answer)}, right: ${JSON.stringify(conversation.messages.at(-1)!.content[0])}`,
    )
  }
} finally {
  await headless.close()
  await rm(cache, { recursive: true, force: true })
}
