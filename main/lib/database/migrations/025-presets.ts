/** Presets of the user's own, as JSON of the contract's `Preset`. */
export const presets = `
  CREATE TABLE presets (
    id TEXT PRIMARY KEY,
    preset TEXT NOT NULL
  ) STRICT;
`
