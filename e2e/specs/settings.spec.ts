import { expect, test } from '../support/fixtures.ts'

test('what is chosen in the settings is there after a reload', async ({ chat }) => {
  const open = () => chat.page.getByRole('button', { name: 'Settings' }).click()
  const choice = (group: string, name: string) =>
    chat.page.getByRole('radiogroup', { name: group }).getByRole('radio', { name })
  await open()
  await expect(choice('Unload an unused model after', '15 min')).toBeChecked()
  await choice('Unload an unused model after', 'Never').click()
  await choice('Picture detail', 'Full').click()
  await expect(choice('Looking at pictures', 'Balanced')).toBeChecked()
  await choice('Looking at pictures', 'Exact').click()
  await chat.page.reload()
  await open()
  await expect(choice('Unload an unused model after', 'Never')).toBeChecked()
  await expect(choice('Picture detail', 'Full')).toBeChecked()
  await expect(choice('Looking at pictures', 'Exact')).toBeChecked()
})
