import type { Page } from '@playwright/test'

/** Drops files and folders of this computer on the window as its desktop does, so that their paths are known to the shell. */
export async function dropPaths(page: Page, ...paths: string[]): Promise<void> {
  const client = await page.context().newCDPSession(page)
  const data = { items: [], files: paths, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await client.send('Input.dispatchDragEvent', { type, x: 400, y: 300, data })
  await client.detach()
}
