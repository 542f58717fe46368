/** What was measured of the models: one run with its rows as JSON (`BenchmarkResult` of the contract). Times in ms since 1970. */
export const benchmarks = `
  CREATE TABLE benchmarks (
    id TEXT PRIMARY KEY,
    model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    result TEXT NOT NULL
  ) STRICT;
  CREATE INDEX benchmarks_by_model ON benchmarks (model_id, started_at);
`
