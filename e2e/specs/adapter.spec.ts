import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loraFile } from '../../main/testing/ggufWriter.ts'
import { expect, test } from '../support/sourceFixtures.ts'

/** The feed-forward part of the demo model's last block, which has 192 columns and 512 in the middle. */
const weights = { 'blk.3.ffn_up.weight': [192, 512], 'blk.3.ffn_down.weight': [512, 192] } as const

test('a LoRA adapter changes the answers of its model as strongly as is chosen, until it is taken away', async ({
  chat,
  data,
  models,
}) => {
  const path = join(data, 'style.gguf')
  writeFileSync(path, loraFile({ weights, value: (i) => Math.sin(i) }))
  const answer = async (): Promise<string> => {
    await models.close()
    await models.page.getByRole('button', { name: /^New conversation/ }).click()
    await chat.drop('red-circle.png')
    await chat.ask('What is in the picture?')
    const text = (await (await chat.ended()).getByTestId('answer-text').textContent()) ?? ''
    await models.open()
    return text
  }
  await models.open()
  const usual = await answer()
  expect(usual).toMatch(/red circle/i)
  const particulars = await models.openModel('Demo model')
  await models.unfold(particulars, 'Adapters')
  await particulars.getByLabel('LoRA adapter').fill(path)
  await particulars.getByRole('button', { name: 'Add adapter' }).click()
  const strength = particulars.getByLabel('Strength of style.gguf')
  await expect(strength).toHaveValue('1')
  expect(await answer()).not.toMatch(/red circle/i)
  await models.openModel('Demo model')
  await models.unfold(particulars, 'Adapters')
  await strength.fill('0')
  await strength.press('Enter')
  expect(await answer()).toBe(usual)
  await models.openModel('Demo model')
  await models.unfold(particulars, 'Adapters')
  await particulars.getByRole('button', { name: 'Take away style.gguf' }).click()
  await expect(strength).toHaveCount(0)
  expect(await answer()).toBe(usual)
})
