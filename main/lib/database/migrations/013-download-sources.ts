/** Where a download comes from and where not, as JSON: `{ from: { source, repository } | null, passedOver: [...] }`; null: not known. */
export const downloadSources = `
  ALTER TABLE downloads ADD COLUMN sources TEXT;
`
