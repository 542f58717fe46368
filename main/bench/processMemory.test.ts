import { describe, expect, it } from 'vitest'
import { processMemory } from './processMemory.ts'

describe('memory of another process', () => {
  it('is about what the process itself says', async () => {
    const { resident, peak } = await processMemory(process.pid)
    const own = process.memoryUsage.rss()
    expect(resident).toBeGreaterThan(own * 0.5)
    expect(resident).toBeLessThan(own * 2)
    expect(peak).toBeGreaterThanOrEqual(resident)
  })

  it('refuses a process that is not there', async () => {
    await expect(processMemory(2 ** 30)).rejects.toMatchObject({ code: 'EngineFailed' })
  })
})
